import asyncio
import threading
from functools import partial

import pytest

from specrec.serve import turns
from specrec.serve.turns import Line
from tests.serve.loops import run


def test_answers_come_in_the_order_of_the_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_SECONDS", 600.0)
    line, order, at_once = Line(), [], set()

    def answer(number: int) -> int:
        at_once.add(threading.get_ident())
        order.append(number)
        return number

    async def ask() -> list[int]:
        asked = [line.call(partial(answer, number)) for number in range(50)]
        return await asyncio.gather(*asked)

    assert run(ask()) == order == list(range(50))
    assert len(at_once) == 1
    assert run(ask()) == list(range(50))  # in another event loop


def test_what_takes_long_keeps_nobody_waiting() -> None:
    line, goes_on = Line(), threading.Event()

    async def ask() -> None:
        long = [asyncio.create_task(line.call(goes_on.wait)) for _ in range(2)]
        assert await asyncio.gather(*(line.call(lambda: 1) for _ in range(3))) == [1, 1, 1]
        assert not any(one.done() for one in long)
        goes_on.set()
        assert await asyncio.gather(*long) == [True, True]

    run(asyncio.wait_for(ask(), 60))


def test_what_goes_wrong_is_told_to_who_asked() -> None:
    line = Line()

    async def ask() -> int:
        with pytest.raises(ZeroDivisionError):
            await line.call(lambda: 1 // 0)
        return await line.call(lambda: 2)

    assert run(ask()) == 2
