"""How content and counts travel.

Promises: *only the publisher's words* reach a screen, and *counts neither vanish nor
double*. The agent is a process of its own, with the network and without a screen.

========================= =============================================================
module                    what it does
========================= =============================================================
``manifest``              names and hashes: catalogue, manifest, withdrawn list
``delta`` ``bundle``      small ways to carry files; neither needs trust, hashes decide
``packstore``             where releases are published: a folder or an S3 bucket
``keys`` ``repository``   roles and key ceremony; signed metadata over a pack store
``publish``               content -> packs, manifests, deltas, bundles -> a signed release
``serve``                 a pack store over HTTP, for a desk and for tests
``trust``                 refreshes and judges signed metadata, with our own floors
``download``              resumable transfer
``disk`` ``store``        files that survive a power cut; content-addressed files
``state``                 what a kiosk must not forget: active release, floors
``update``                refresh, plan, fetch, build, activate, collect garbage
``agent``                 the loop around it; ``python -m sync`` is all of it by hand
========================= =============================================================
"""
