"""Attributes are replaced and put back, next to other tools that patch the same ones."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from orm_insight.patching import Patches, replace


class Base:
    def greet(self, name: str = "you") -> str:
        """Say it."""
        return f"hello {name}"

    async def greet_later(self, name: str) -> str:
        return f"hello {name}, later"

    @staticmethod
    def add(one: int, other: int = 1) -> int:
        return one + other

    @classmethod
    def named(cls) -> str:
        return cls.__name__


class Child(Base):
    pass


def louder(original: Callable[..., str]) -> Callable[..., str]:
    def loud(*args: Any, **kwargs: Any) -> str:
        return original(*args, **kwargs).upper()

    return loud


def louder_later(original: Callable[..., Any]) -> Callable[..., Any]:
    async def loud(self: Any, name: str) -> str:
        return str(await original(self, name)).upper()

    return loud


def doubling(original: Callable[..., int]) -> Callable[..., int]:
    def doubled(one: int, other: int = 7) -> int:
        return 2 * original(one, other)

    return doubled


@pytest.fixture(autouse=True)
def nothing_is_left() -> Any:
    before = dict(vars(Base)), dict(vars(Child))
    yield
    assert (dict(vars(Base)), dict(vars(Child))) == before


def test_replaced_and_put_back() -> None:
    original = Base.greet
    patch = replace(Base, "greet", louder)
    assert Base().greet("me") == "HELLO ME"
    assert (Base.greet.__wrapped__, Base.greet.__doc__) == (original, "Say it.")
    patch.undo()
    assert Base.greet is original


def test_second_call_changes_nothing() -> None:
    original = Base.greet
    patch = replace(Base, "greet", louder)
    ours = Base.greet
    assert replace(Base, "greet", louder) is patch
    assert Base.greet is ours
    patch.undo()
    patch.undo()
    assert Base.greet is original


def test_second_undo_leaves_a_later_patch_alone() -> None:
    first = replace(Base, "greet", louder)
    first.undo()
    second = replace(Base, "greet", louder)
    first.undo()
    assert Base().greet() == "HELLO YOU"
    second.undo()


def test_inherited_attribute_is_inherited_again() -> None:
    patch = replace(Child, "greet", louder)
    assert (Child().greet(), Base().greet()) == ("HELLO YOU", "hello you")
    patch.undo()
    assert "greet" not in vars(Child)


def test_static_and_class_methods_stay_what_they_are() -> None:
    patches = Patches()
    patches.replace(Base, "add", doubling)
    patches.replace(Base, "named", louder)
    patches.replace(Child, "named", louder)
    assert (Base.add(1), Base().add(1, 2)) == (16, 6)
    assert (Base.named(), Child().named()) == ("BASE", "CHILD")
    patches.undo()
    assert (Base.add(1), Base.named(), Child.named()) == (2, "Base", "Child")


def test_attribute_that_was_not_there() -> None:
    patch = replace(Base, "size", lambda original: property(lambda self: (original, 3)))
    assert Base().size == (None, 3)
    patch.undo()
    assert not hasattr(Base, "size")


def test_function_of_a_module() -> None:
    module = ModuleType("module")
    module.greet = lambda: "hello"
    patch = replace(module, "greet", louder)
    assert module.greet() == "HELLO"
    patch.undo()
    assert module.greet() == "hello"


def test_method_of_one_object() -> None:
    one, other = Base(), Base()
    patch = replace(one, "greet", louder)
    assert (one.greet(), other.greet()) == ("HELLO YOU", "hello you")
    patch.undo()
    assert vars(one) == {}


def test_patch_of_another_tool_on_top_stays_and_ours_passes_on() -> None:
    original = Base.greet
    patch = replace(Base, "greet", louder)
    ours = Base.greet

    def theirs(self: Base, *args: Any, **kwargs: Any) -> str:
        return f"<{ours(self, *args, **kwargs)}>"

    Base.greet = theirs
    try:
        patch.undo()
        assert Base.greet is theirs
        assert (Base().greet(), Base().greet(name="me")) == ("<hello you>", "<hello me>")
        again = replace(Base, "greet", louder)
        assert Base().greet() == "<HELLO YOU>"
        again.undo()
        # The other tool puts back what it found.
        Base.greet = ours
        assert Base().greet("me") == "hello me"
    finally:
        Base.greet = original


def test_patch_of_another_tool_below_stays() -> None:
    original = Base.greet

    def theirs(self: Base, name: str = "all") -> str:
        return f"<{original(self, name)}>"

    Base.greet = theirs
    try:
        patch = replace(Base, "greet", louder)
        assert Base().greet() == "<HELLO ALL>"
        patch.undo()
        assert Base.greet is theirs
    finally:
        Base.greet = original


def test_function_that_somebody_still_holds_does_what_the_original_does() -> None:
    patch = replace(Base, "add", doubling)
    held = Base.add
    patch.undo()
    assert (held(1), held(1, other=2), held(one=4)) == (2, 3, 5)


def test_coroutine_function_stays_one() -> None:
    patch = replace(Base, "greet_later", louder_later)
    held = Base.greet_later
    assert asyncio.run(Base().greet_later("me")) == "HELLO ME, LATER"
    patch.undo()
    assert inspect.iscoroutinefunction(held)
    assert asyncio.run(held(Base(), name="me")) == "hello me, later"


def test_replacement_is_called_directly() -> None:
    frames: list[Any] = []

    def noting(original: Callable[..., Any]) -> Callable[..., Any]:
        def note(self: Any) -> None:
            frames.append(sys._getframe(1))

        return note

    patch = replace(Base, "greet", noting)
    Base().greet()
    patch.undo()
    assert frames == [sys._getframe()]


def test_a_function_that_somebody_has_kept_works_again_after_a_second_install() -> None:
    kept = replace(Base, "greet", louder).owner.greet
    replace(Base, "greet", louder).undo()
    assert kept(Base(), "me") == "hello me"
    patch = replace(Base, "greet", louder)
    assert kept(Base(), "me") == Base().greet("me") == "HELLO ME"
    patch.undo()


def test_a_patch_of_another_tool_in_between_is_kept() -> None:
    first = replace(Base, "greet", louder)
    first.undo()
    theirs = replace(Base, "greet", lambda original: lambda *args: f"<{original(*args)}>")
    again = replace(Base, "greet", louder)
    assert Base().greet("me") == "<HELLO ME>"
    again.undo()
    theirs.undo()
    assert Base().greet("me") == "hello me"


def test_calls_of_other_threads_while_it_is_undone() -> None:
    is_over, answers = threading.Event(), set()

    def call() -> None:
        while not is_over.is_set():
            answers.add(Base().greet("me"))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        replace(Base, "greet", louder).undo()
    is_over.set()
    for thread in threads:
        thread.join()
    assert answers <= {"hello me", "HELLO ME"}
    assert "hello me" in answers


def test_all_patches_of_a_module_are_undone_in_reverse() -> None:
    patches = Patches()
    assert not patches
    for wrapper in (louder, lambda original: lambda *args: f"<{original(*args)}>"):
        patches.replace(Base, "greet", wrapper)
    assert Base().greet("me") == "<HELLO ME>"
    patches.undo()
    assert not patches
    assert Base().greet("me") == "hello me"
