from train.models.decoding.prefixes import Beginning, plan_origins

LONG = list(range(100))


def test_nothing_in_common_is_read_whole() -> None:
    assert plan_origins([[1, 2]], [[3, 4], [5]], 2) == [Beginning(), Beginning()]


def test_a_conversation_goes_on_from_the_row_that_has_it() -> None:
    found = plan_origins([[1, 2], [1, 2, 3]], [[1, 2, 3, 4], [1, 2, 5]], 64)
    assert found[0] == Beginning(3, row=1)
    assert found[1].shared == 2
    assert found[1].row in (0, 1)


def test_prompts_wait_for_the_one_that_has_their_beginning() -> None:
    first, second, third = plan_origins([], [[*LONG, 9], [*LONG, 7], [*LONG, 8]], 64)
    assert second == Beginning()
    assert first == third == Beginning(100, prompt=1, level=1)


def test_a_longer_common_beginning_is_worth_one_more_wait() -> None:
    prompts = [[*LONG, 1], [*LONG, 2, *LONG, 3], [*LONG, 2, *LONG, 4]]
    assert plan_origins([], prompts, 64) == [
        Beginning(), Beginning(100, prompt=0, level=1), Beginning(201, prompt=1, level=2)
    ]  # fmt: skip


def test_a_short_common_beginning_is_not_waited_for() -> None:
    prompts = [[*LONG[:64], 200], [*LONG[:64], 300]]
    assert [o.prompt for o in plan_origins([], prompts, 65)] == [-1, -1]
    assert [o.prompt for o in plan_origins([], prompts, 64)] == [-1, 0]


def test_the_last_token_of_a_prompt_is_always_read() -> None:
    assert plan_origins([LONG], [LONG], 64) == [Beginning(99, row=0)]
    assert plan_origins([], [LONG, LONG], 64) == [Beginning(), Beginning(99, prompt=0, level=1)]


def test_what_is_known_is_preferred_to_what_is_waited_for() -> None:
    found = plan_origins([[*LONG, 5]], [[*LONG, 6], [*LONG, 4]], 64)
    assert found == [Beginning(100, row=0), Beginning(100, row=0)]
