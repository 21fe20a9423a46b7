"""What a table may show: the boundaries, and an attacker who has everything that is published."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.usage import protect as rules
from server.usage.attack import attack
from server.usage.errors import ReleaseError
from server.usage.protect import apply_rules, protect
from server.usage.tables import AIRPORT, ALL, KIOSK, OTHER, Label, Place, Table, by_threshold, named, total_of
from server.usage.vocabulary import VISIT, rounded
from tests.server.fleets import MONDAY, fleet

ONE = Place(AIRPORT, "TAS", "", MONDAY, 1)


def kiosk(name: str) -> Place:
    return Place(KIOSK, "TAS", name, MONDAY, 1)


def shown(*tables: Table) -> list[dict[Label, int]]:
    """What is published after all rules."""
    protect(tables)
    return [table.published() for table in tables]


def airport(*kiosks: dict[str, int], kind: str = "topic") -> list[Table]:
    """An airport's table with those of its kiosks."""
    parts = [Table(kiosk(f"tas-{number}"), kind, counts) for number, counts in enumerate(kiosks)]
    return [total_of(parts, ONE, kind), *parts]


@pytest.mark.parametrize(
    ("count", "sight"),
    [(0, {}), (9, {}), (10, {named(""): 10}), (12, {named(""): 10}), (13, {named(""): 15})],
)
def test_visits_at_the_boundary(count: int, sight: dict[Label, int]):
    assert shown(Table(ONE, VISIT, {"": count})) == [sight]


@pytest.mark.parametrize(
    ("number", "near"), [(10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (-3, -5), (-2, 0)]
)
def test_the_nearest_five(number: int, near: int):
    assert rounded(number) == near


@pytest.mark.parametrize(
    ("small", "sight"),
    [
        ([40, 13, 12, 10, 0, 0], {named("a"): 40, named("b"): 15, named("c"): 10, OTHER: 10}),
        ([40, 13, 12, 9, 0, 0], {named("a"): 40, named("b"): 15, OTHER: 20}),
        ([40, 13, 12, 9, 9, 0], {named("a"): 40, named("b"): 15, OTHER: 30}),
        ([40, 13, 9, 9, 9, 1, 1], {named("a"): 40, named("b"): 15, OTHER: 30}),
        ([9, 9, 9, 9, 9, 1, 0], {OTHER: 45}),
        ([9, 9, 9, 9, 9, 9, 0], {}),
    ],
)
def test_what_is_hidden_is_folded_with_enough(small: list[int], sight: dict[Label, int]):
    counts = {"abcdefg"[number]: count for number, count in enumerate(small)}
    assert shown(Table(ONE, "topic", counts)) == [sight]


@pytest.mark.parametrize(
    "counts",
    [{"a": 40, "b": 30, "c": 9}, {"a": 40, "b": 30, "c": 0}, {"a": 40, "b": 12, "c": 8}],
    ids=lambda counts: str(counts["c"]),
)
def test_one_folded_category_takes_another_with_it(counts: dict[str, int]):
    (sight,) = shown(Table(ONE, "topic", counts))
    assert sight == {named("a"): 40, OTHER: rounded(counts["b"] + counts["c"])}


def test_categories_that_cannot_hide_each_other_are_hidden_altogether():
    """Two below ten whose sum is eighteen are nine and nine."""
    assert shown(Table(ONE, "topic", {"a": 9, "b": 9})) == [{}]
    assert shown(Table(ONE, "topic", {"a": 9, "b": 9, "c": 9})) == [{}]


def test_nothing_below_ten_is_shown_and_nothing_that_is_no_multiple_of_five():
    chance = random.Random(11)
    for seed in range(15):
        tables = fleet(random.Random(seed), 2, lambda one: one.randint(1, 3), chance.choice([30, 100, 300]))
        protect(tables)
        for table in tables:
            assert all(table.counts[value] >= 10 for value in table.shown)
            assert all(number >= 10 and number % 5 == 0 for number in table.published().values())
            assert not table.other or table.rest >= 10


def test_an_airport_with_one_kiosk_shows_what_the_kiosk_shows():
    whole, one = shown(*airport({"a": 40, "b": 22, "c": 7, "d": 3}))
    assert whole == one == {named("a"): 40, OTHER: 30}


SHARED = ({"a": 40, "b": 30, "c": 12, "d": 12}, {"a": 40, "b": 7, "c": 15, "d": 14})
"""The category b is hidden for its size at the second kiosk only."""


def test_a_category_hidden_at_one_kiosk_only_is_hidden_at_another_and_not_alone():
    tables = airport(*SHARED)
    for table in tables:
        by_threshold(table)
    found = attack(tables, [table.published() for table in tables])
    assert (tables[2], named("b")) in [(finding.table, finding.label) for finding in found]
    apply_rules(tables)
    assert attack(tables, [table.published() for table in tables]) == []
    # b alone would be seen in the rest, so c goes with it; then c and d are hidden at one kiosk only.
    whole, one, two = (table.published() for table in tables)
    assert whole == {named("a"): 80, named("b"): 35, named("c"): 25, named("d"): 25}
    assert one == {named("a"): 40, OTHER: 55} and two == {named("a"): 40, OTHER: 35}


def test_a_rest_hidden_at_one_kiosk_only_is_hidden_at_another():
    tables = airport({"a": 40, "b": 3, "c": 2, "d": 30}, {"a": 2, "b": 3, "c": 2, "d": 1})
    for table in tables:
        by_threshold(table)
    apply_rules(tables)
    assert not (tables[2].other or (tables[1].other and tables[0].other))


def test_a_category_that_a_kiosk_did_not_know_hides_nothing():
    """The vocabulary changed in the middle of the week, at one kiosk only."""
    whole, one, two = airport({"a": 40, "b": 30, "new": 25, "c": 20}, {"a": 40, "b": 33, "c": 20})
    protect([whole, one, two])
    assert "new" in whole.shown and "new" in one.shown
    whole, one, two = airport({"a": 40, "b": 30, "new": 14, "c": 3}, {"a": 40, "b": 33, "c": 9})
    protect([whole, one, two])
    assert not attack([whole, one, two], [table.published() for table in (whole, one, two)])


FLEETS: list[tuple[int, Callable[[random.Random], int], int]] = [
    (1, lambda one: 2, 60),
    (1, lambda one: 6, 60),
    (3, lambda one: one.randint(1, 4), 100),
    (2, lambda one: 2, 400),
]


@pytest.mark.parametrize("shape", FLEETS, ids=["two kiosks", "six kiosks", "three airports", "busy"])
def test_threshold_and_rounding_alone_are_seen_through_and_this_is_not(
    shape: tuple[int, Callable[[random.Random], int], int],
):
    seen = hidden = 0
    for seed in range(6):
        tables = fleet(random.Random(seed), *shape)
        for table in tables:
            by_threshold(table)
        hidden += sum(0 < count < 10 for table in tables for count in table.counts.values())
        seen += len(attack(tables, [table.published() for table in tables]))
        protect(tables)
        sights = [table.published() for table in tables]
        assert attack(tables, sights) == []
        # Neither does it help the attacker that people come in whole numbers.
        assert seed > 2 or attack(tables, sights, whole=True) == []
        assert any(sights)
    print(f"{seen} of {hidden} hidden cells seen through under threshold and rounding, 0 after all rules")
    assert seen > 0


COUNTS = st.lists(
    st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_no_counts_are_seen_through(fleet_counts: list[list[list[int]]]):
    tables: list[Table] = []
    tops: list[Table] = []
    for name, kiosks in enumerate(fleet_counts):
        parts = [
            Table(
                Place(KIOSK, f"A{name}", f"k-{number}", MONDAY, 1),
                "topic",
                dict(zip("abcd", counts, strict=True)),
            )
            for number, counts in enumerate(kiosks)
        ]
        tops.append(total_of(parts, Place(AIRPORT, f"A{name}", "", MONDAY, 1), "topic"))
        tables += [*parts, tops[-1]]
    tables.append(total_of(tops, Place(ALL, "", "", MONDAY, 1), "topic"))
    protect(tables)
    sights = [table.published() for table in tables]
    assert attack(tables, sights) == [] and attack(tables, sights, whole=True) == []


def test_the_rules_do_the_work_and_the_attack_the_rest():
    plain = asked = 0
    for seed in range(6):
        tables = fleet(random.Random(seed), 2, lambda one: 2, 400)
        for table in tables:
            by_threshold(table)
        apply_rules(tables)
        plain += len(attack(tables, [table.published() for table in tables]))
        protect(tables)
        asked += len(attack(tables, [table.published() for table in tables]))
    assert plain > 0 and asked == 0


def test_what_earlier_tables_show_cannot_be_taken_back():
    """The kiosks' tables are out; the airport's may not complete them."""
    whole, one, two = airport(*SHARED)
    for table in (one, two):
        protect([table])
        table.show(table.published())
    before = one.published(), two.published()
    protect([whole, one, two])
    assert (one.published(), two.published()) == before
    assert whole.published() and "b" not in whole.shown
    by_threshold(whole)
    whole.frozen = True
    with pytest.raises(ReleaseError, match="topic/b of kiosk tas-1 at TAS, 1 week from 2026-11-23"):
        protect([whole, one, two])


def test_the_attacker_knows_that_each_visit_has_one_language():
    all_visits = Table(ONE, VISIT, {"": 20})
    lang = Table(ONE, "lang", {"uz": 13, "ru": 7})
    sights = [{named(""): 20}, {named("uz"): 15}]
    assert attack([all_visits, lang], sights) == []
    lang.visits = [all_visits]
    found = attack([all_visits, lang], sights)
    assert [(one.table, one.label, one.least) for one in found] == [(lang, named("ru"), 1), (lang, OTHER, 1)]
    assert set(found[0].blame) == {(all_visits, named("")), (lang, named("uz"))}


def test_the_attacker_knows_that_no_topic_has_more_visits_than_there_were():
    all_visits = Table(ONE, VISIT, {"": 11})
    used = Table(ONE, "used", {"large_text": 11, "low_reach": 3})
    sights = [{named(""): 10}, {OTHER: 15}]
    assert attack([all_visits, used], sights) == []
    used.visits = [all_visits]
    assert [found.label for found in attack([all_visits, used], sights)] == [named("low_reach")]
    assert shown(all_visits, used) == [{named(""): 10}, {}]


def test_a_number_that_was_not_counted_is_never_taken_for_true():
    table = Table(ONE, "topic", {"a": 40, "b": 30, "c": 12})
    for sight in ({named("a"): 45}, {named("z"): 10}, {OTHER: 20}):
        with pytest.raises(ReleaseError):
            attack([table], [sight])


def test_the_sibling_rule_switched_off_is_made_up_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "_mind_parts", lambda table: False)
    for seed in range(4):
        tables = fleet(random.Random(seed), 1, lambda one: 2, 60)
        protect(tables)
        assert attack(tables, [table.published() for table in tables]) == []
