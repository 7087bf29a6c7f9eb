from random import Random

from gen.checks.duplicates import ComparedText, find_duplicates

WORDS = [f"word{n}" for n in range(400)]


def write(seed: int, length: int = 60) -> str:
    return " ".join(Random(seed).choices(WORDS, k=length))


def text(number: int, words: str, group: str = "", split: str = "train") -> ComparedText:
    return ComparedText(f"r{number}", group or f"s{number}", split, words)


def test_unrelated_texts_are_no_duplicates() -> None:
    found = find_duplicates(text(n, write(n)) for n in range(60))
    assert (found.compared, found.exact, found.near, found.leaked) == (60, (), 0, ())


def test_planted_exact_copies_are_found() -> None:
    texts = [text(n, write(n)) for n in range(20)]
    texts += [text(20, write(3)), text(21, write(3)), text(22, write(7))]
    found = find_duplicates(texts)
    assert found.exact == (("r3", "r20"), ("r3", "r21"), ("r7", "r22"))
    assert found.near == 3
    assert found.leaked == ()


def test_planted_near_copies_are_found() -> None:
    texts = [text(n, write(n)) for n in range(20)]
    for number in range(10):
        words = write(number).split()
        words[-1] = "changed"
        texts.append(text(20 + number, " ".join(words)))
    found = find_duplicates(texts)
    assert found.exact == ()
    assert found.near == 10


def test_half_the_words_are_no_near_copy() -> None:
    words = write(1).split()
    other = [*words[:30], *write(2).split()[:30]]
    assert find_duplicates([text(1, " ".join(words)), text(2, " ".join(other))]).near == 0


def test_members_of_one_set_may_be_alike() -> None:
    found = find_duplicates([text(1, write(1), "set"), text(2, write(1), "set")])
    assert (found.exact, found.near, found.leaked) == ((), 0, ())


def test_a_copy_between_train_and_test_is_a_leak_in_either_order() -> None:
    for splits in (("train", "test"), ("ood_domain", "train")):
        one, other = (text(n, write(1), split=split) for n, split in enumerate(splits))
        assert find_duplicates([one, other]).leaked == (("r0", "r1"),)
    one, other = (text(n, write(1), split=split) for n, split in enumerate(("test", "ood_domain")))
    found = find_duplicates([one, other])
    assert (found.exact, found.leaked, found.held_out) == ((("r0", "r1"),), (), 2)


def test_short_and_empty_texts_are_compared() -> None:
    found = find_duplicates([text(1, "a b"), text(2, "a b"), text(3, ""), text(4, "c")])
    assert found.exact == (("r1", "r2"),)


def test_nothing_has_no_duplicates() -> None:
    assert find_duplicates([]).compared == 0
