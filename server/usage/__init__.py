"""Counts at the centre: received exactly once, published only as tables that tell of nobody.

Plain functions over a database connection, SQLite or PostgreSQL, without a web framework.
A site mounts ``ingest.receive``; whoever shows numbers reads ``release_*`` and nothing else.

================ ==================================================================
module           what it does
================ ==================================================================
``vocabulary``   kinds of cells, how finely each may be shown, rounding, noise
``batch``        a batch as it arrives: its key, its body, what is wrong with it
``schema``       tables and roles
``database``     a connection with the few words that this package says to it
``ingest``       the one door; couriers' files; losses and alarms
``serve``        the door over bare HTTP, for tests and a desk
``places``       which kiosk stands where; the grid of each airport
``counting``     what is known of a kiosk's days
``tables``       tables of a period, and which of their numbers are shown
``protect``      threshold, folding, siblings
``attack``       the linear programme that every release must stand
``release``      publish what is due, once; delete what is not needed any more
================ ==================================================================

``python -m server.usage`` is all of it by hand.
"""
