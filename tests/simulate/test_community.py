import hashlib
import math
import tracemalloc
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from surtitle.errors import UsageError
from surtitle.simulate import COMMUNITIES, Change, Comment, Community, best_auc, generate
from surtitle.simulate.phrases import INSULTS

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 300


@pytest.fixture(scope="module")
def comments() -> list[Comment]:
    return list(generate(20_000, seed=0, start=START, days=DAYS))


def with_probability(probability: float) -> Comment:
    return Comment("1", "text", 0, START, "chess", "owl", START, probability)


def test_same_seed_gives_the_same_bytes() -> None:
    digest = hashlib.sha256()
    for comment in generate(2_000, seed=42, start=START, days=DAYS):
        known = msgspec.structs.replace(comment, probability=round(comment.probability, 9))
        digest.update(msgspec.json.encode(known))
    assert digest.hexdigest() == "b36e26ecc1cce19d350aecd32f5288023cdac021a746f47e0e3711b35fa90111"


def test_another_seed_gives_other_comments() -> None:
    one, other = (list(generate(50, seed=seed, start=START, days=DAYS)) for seed in (1, 2))
    assert {comment.text for comment in one}.isdisjoint(comment.text for comment in other)


def test_comments_come_in_order_within_the_days(comments: list[Comment]) -> None:
    times = [comment.created_utc for comment in comments]
    assert times == sorted(times)
    assert all(START <= time < START + timedelta(days=DAYS) for time in times)
    assert len({comment.id for comment in comments}) == len(comments)
    assert all(one.id < other.id for one, other in pairwise(comments))
    halves = sum(time < START + timedelta(days=DAYS / 2) for time in times) / len(times)
    assert abs(halves - 0.5) < 0.02
    by_night = sum(time.hour in (23, 0, 1) for time in times) / len(times)
    assert by_night != pytest.approx(3 / 24, abs=0.02)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(0, 60), seed=st.integers(0, 2**64), days=st.integers(1, 4000))
def test_any_size_over_any_days_is_in_order(n: int, seed: int, days: int) -> None:
    made = list(generate(n, seed=seed, start=START, days=min(days, 40)))
    assert len(made) == n
    assert [comment.created_utc for comment in made] == sorted(comment.created_utc for comment in made)
    assert all(0.0 < comment.probability < 1.0 for comment in made)


def test_labels_come_late_mostly_in_hours_sometimes_in_weeks(comments: list[Comment]) -> None:
    delays = sorted(comment.labelled_at - comment.created_utc for comment in comments)
    assert timedelta(minutes=1) <= delays[0]
    assert timedelta(hours=1) < delays[len(delays) // 2] < timedelta(hours=4)
    assert timedelta(days=1) < delays[int(0.97 * len(delays))]
    assert timedelta(weeks=2) < delays[-1] <= timedelta(days=42)


def test_delay_does_not_tell_the_label(comments: list[Comment]) -> None:
    delays = [(comment.labelled_at - comment.created_utc).total_seconds() for comment in comments]
    assert abs(float(roc_auc_score([comment.label for comment in comments], delays)) - 0.5) < 0.02


def test_texts_are_of_the_length_of_comments_and_differ(comments: list[Comment]) -> None:
    lengths = [len(comment.text) for comment in comments]
    assert 100 < sum(lengths) / len(lengths) < 200
    assert max(lengths) < 1000
    assert all(comment.text.strip() for comment in comments)
    assert not any("{" in comment.text or "%s" in comment.text for comment in comments)
    assert len({comment.text for comment in comments}) > 0.98 * len(comments)


def test_texts_show_what_real_ones_show(comments: list[Comment]) -> None:
    texts = " ".join(comment.text for comment in comments)
    for sign in ("https://", "@", "😂", "&gt;", "&amp;", "&#39;", "d.u.m.m.y", "1d10t", "!!!!!"):
        assert sign in texts


def test_true_probability_is_calibrated() -> None:
    counts: dict[float, int] = defaultdict(int)
    removed: dict[float, int] = defaultdict(int)
    for comment in generate(60_000, seed=5, start=START, days=DAYS):
        counts[comment.probability] += 1
        removed[comment.probability] += comment.label
    # Each group within 4.5 standard deviations: with about 80 groups, missed once in 2,000 seeds.
    for probability, count in counts.items():
        spread = math.sqrt(count * probability * (1 - probability))
        assert abs(removed[probability] - count * probability) < 4.5 * spread + 1, probability


def test_best_auc_is_that_of_the_true_probability(comments: list[Comment]) -> None:
    labels, truth = [comment.label for comment in comments], [comment.probability for comment in comments]
    assert best_auc(comments) == pytest.approx(float(roc_auc_score(labels, truth)), abs=0.005)
    assert 0.92 < best_auc(comments) < 0.95


def test_best_auc_of_two_comments_is_worked_out_by_hand() -> None:
    # The first is removed and the second kept with 0.9 * 0.8, the other way round with 0.1 * 0.2.
    assert best_auc([with_probability(0.9), with_probability(0.2)]) == pytest.approx(0.72 / 0.74)
    assert best_auc([with_probability(0.3)] * 7) == pytest.approx(0.5)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.01, 0.2, 0.5, 0.77, 0.99]), min_size=2, max_size=12))
def test_best_auc_is_the_sum_over_pairs(probabilities: list[float]) -> None:
    wins = pairs = 0.0
    for one, up in enumerate(probabilities):
        for other, down in enumerate(probabilities):
            if one != other:
                pairs += up * (1 - down)
                wins += up * (1 - down) * (0.5 if up == down else up > down)
    assert best_auc(map(with_probability, probabilities)) == pytest.approx(wins / pairs)


@pytest.mark.parametrize("probabilities", [[], [0.4]])
def test_best_auc_without_a_pair_is_refused(probabilities: list[float]) -> None:
    with pytest.raises(UsageError, match="undefined"):
        best_auc(map(with_probability, probabilities))


def test_words_can_be_learned_but_not_all_of_it(comments: list[Comment]) -> None:
    train, test = comments[:15_000], comments[15_000:]
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=4.0, class_weight="balanced", max_iter=500)
    model.fit(vectoriser.fit_transform([comment.text for comment in train]), [comment.label for comment in train])
    scores = model.decision_function(vectoriser.transform([comment.text for comment in test]))
    reached = float(roc_auc_score([comment.label for comment in test], scores))
    assert 0.015 < best_auc(test) - reached < 0.06


def test_slang_of_later_months_is_not_that_of_the_first(comments: list[Comment]) -> None:
    early = " ".join(comment.text.lower() for comment in comments[:4_000])
    late = " ".join(comment.text.lower() for comment in comments[-4_000:])
    for word in ("traffic cone", "loading screen"):
        assert word not in early
        assert late.count(word) > 5
    assert sum(map(early.count, INSULTS)) > 1.4 * sum(map(late.count, INSULTS)) > 0


def test_communities_differ_in_what_is_removed(comments: list[Comment]) -> None:
    rates = {}
    for community in COMMUNITIES:
        labels = [comment.label for comment in comments if comment.community == community.name]
        rates[community.name] = sum(labels) / len(labels)
    assert len(rates) == 5
    assert max(rates.values()) > 1.5 * min(rates.values())


def test_only_the_communities_asked_for_take_part() -> None:
    made = list(generate(200, seed=0, start=START, days=10, communities=COMMUNITIES[1:3]))
    assert {comment.community for comment in made} == {"chess", "cycling"}


def test_probability_follows_the_written_formula() -> None:
    strict = Community("chess", weight=1.0, strictness=1.0, roughness=1.0, noise=0.0)
    noisy = msgspec.structs.replace(strict, noise=0.25)
    one, other = (
        list(generate(300, seed=3, start=START, days=10, communities=[community])) for community in (strict, noisy)
    )
    for clean, mixed in zip(one, other, strict=True):
        assert mixed.probability == pytest.approx(0.25 + 0.5 * clean.probability)


def test_millions_take_no_memory_of_their_own() -> None:
    stream = generate(5_000_000, seed=0, start=START, days=DAYS)
    tracemalloc.start()
    try:
        assert sum(1 for _ in islice(stream, 5_000)) == 5_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_wrong_arguments_are_refused_at_once() -> None:
    for n, days in ((-1, 10), (10, 0)):
        with pytest.raises(UsageError, match="cannot spread"):
            generate(n, seed=0, start=START, days=days)
    with pytest.raises(UsageError, match="without a time zone"):
        generate(1, seed=0, start=datetime(2025, 1, 1), days=10)
    with pytest.raises(UsageError, match="no communities"):
        generate(1, seed=0, start=START, days=10, communities=[])
    with pytest.raises(UsageError, match=r"knitting.*there are: gardening, chess"):
        list(generate(1, seed=0, start=START, days=10, communities=[Community("knitting", 1.0, 0.0, 1.0, 0.0)]))


def test_a_change_of_rules_changes_labels_from_its_day_on_and_nothing_else() -> None:
    plain, changed = (
        list(generate(3000, seed=4, start=START, days=100, change=change))
        for change in (None, Change(60, {"rude": -3.0, "friendly": 1.0}))
    )
    day = START + timedelta(days=60)
    assert [(c.id, c.text, c.created_utc) for c in plain] == [(c.id, c.text, c.created_utc) for c in changed]
    assert [c for c in plain if c.created_utc < day] == [c for c in changed if c.created_utc < day]
    later = [(a.probability, b.probability) for a, b in zip(plain, changed, strict=True) if a.created_utc >= day]
    assert sum(a != b for a, b in later) > len(later) / 3
    assert all(a > 0.5 > b for a, b in later if a > 0.9 and a > b)


def test_a_kind_that_is_not_there_cannot_change() -> None:
    with pytest.raises(UsageError, match="no kind of comment called 'shy'; there are: friendly"):
        generate(10, seed=0, start=START, days=10, change=Change(5, {"shy": 1.0}))
