"""Hints: the rules that give them, and the facts about each rule that the other stages read."""
