"""Days, times and names in the words that people use."""

from gen.stories.moments import Clock, Day, Named


def test_a_day_is_its_iso_date_and_more():
    day = Day("2025-03-12")
    assert day == "2025-03-12"
    assert (day.weekday, day.day, day.spoken, day.short) == (
        "Wednesday", "12 March", "the 12th", "Wed 12 Mar",
    )  # fmt: skip
    assert (day.next, day.before) == ("2025-03-13", "2025-03-11")
    assert Day("2025-03-03").spoken == "the 3rd"


def test_a_moment_has_a_clock():
    assert Day("2025-03-12T14:30").clock == "14:30"
    assert Day("2025-03-12").clock == ""


def test_a_time_is_said_with_its_half_of_the_day():
    assert (Clock("14:30").spoken, Clock("09:00").spoken, Clock("00:15").spoken) == (
        "2:30 pm", "9 am", "12:15 am",
    )  # fmt: skip
    assert Clock("23:15").later == "00:15"


def test_a_name_has_a_form_for_addresses():
    assert Named("Smith and Sons").slug == "smith-and-sons"
