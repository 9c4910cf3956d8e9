import pytest

from loa.lib.faults import Faults, FaultsUnreadable, read_faults


def test_nothing_said_is_nothing_wrong():
    assert read_faults("") == Faults()


def test_every_fault_is_read_in_its_unit():
    assert read_faults(
        "loss=5%, double=2%,reorder=0.5%,delay=10-300ms,cuts=0.5/min,clock=10%,http=3%,disk=1%,storms=2"
    ) == Faults(
        loss=0.05,
        double=0.02,
        reorder=0.005,
        delay_ms=(10, 300),
        cuts_a_minute=0.5,
        clock=0.1,
        http=0.03,
        disk=0.01,
        storms=2,
    )
    assert read_faults("delay=80ms").delay_ms == (0, 80)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rain=5%", "no fault 'rain'; there are loss, double"),
        ("loss=5", "write loss=5%"),
        ("loss=101%", "write loss=5%"),
        ("loss=-1%", "write loss=5%"),
        ("loss", "write loss=5%"),
        ("delay=300-10ms", "write delay=0-300ms"),
        ("delay=300", "write delay=0-300ms"),
        ("cuts=2", "write cuts=0.5/min"),
        ("storms=2.5", "write storms=2"),
        ("loss=1%,loss=2%", "given twice"),
    ],
)
def test_what_cannot_be_read_says_how_it_is_written(text, why):
    with pytest.raises(FaultsUnreadable, match=why):
        read_faults(text)
