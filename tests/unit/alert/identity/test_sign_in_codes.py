import pytest

from lethe.alert.errors import NotSignedIn
from lethe.alert.identity.sign_in_codes import LIFE_S, MOST_WAITING, SignInCodes


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(name="clock")
def clock_() -> Clock:
    return Clock()


@pytest.fixture(name="codes")
def codes_(clock: Clock) -> SignInCodes:
    return SignInCodes(clock)


def test_a_code_counts_once(codes: SignInCodes) -> None:
    first, second = codes.issue("token 1"), codes.issue("token 2")
    assert codes.redeem(second) == "token 2"
    assert codes.redeem(first) == "token 1"
    for used in (first, second):
        with pytest.raises(NotSignedIn):
            codes.redeem(used)


def test_a_code_counts_for_ten_minutes(codes: SignInCodes, clock: Clock) -> None:
    early, late = codes.issue("token"), codes.issue("token")
    clock.now_s = LIFE_S - 1
    assert codes.redeem(early) == "token"
    clock.now_s = LIFE_S
    with pytest.raises(NotSignedIn):
        codes.redeem(late)


@pytest.mark.parametrize("code", ["", "invented", "\ud800", "x" * 100])
def test_an_invented_code_counts_for_nothing(codes: SignInCodes, code: str) -> None:
    codes.issue("token")
    with pytest.raises(NotSignedIn):
        codes.redeem(code)


def test_the_oldest_gives_way_when_too_many_wait(codes: SignInCodes) -> None:
    issued = [codes.issue(f"token {number}") for number in range(MOST_WAITING + 1)]
    with pytest.raises(NotSignedIn):
        codes.redeem(issued[0])
    assert codes.redeem(issued[1]) == "token 1"
    assert codes.redeem(issued[-1]) == f"token {MOST_WAITING}"


def test_no_code_and_no_token_shows(codes: SignInCodes) -> None:
    code = codes.issue("a-secret-token")
    assert code not in repr(codes)
    assert code not in str(vars(codes))
