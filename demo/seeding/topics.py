"""The blog's topics: categories with their subjects, tags, and ways to title a post."""

from __future__ import annotations

from dataclasses import dataclass

from demo.seeding.listed import listed


@dataclass(frozen=True, slots=True)
class Topic:
    """A category, and the subjects that its posts are about."""

    name: str
    description: str
    subjects: tuple[str, ...]


TOPICS = (
    Topic(
        "Programming",
        "Languages, tools, and the habits that outlive both.",
        listed(
            """
            small functions, code review, type hints, naming things, legacy code, pair
            programming, error messages, feature flags, boring technology
            """
        ),
    ),
    Topic(
        "Databases",
        "Where the data lives, and why it is slow today.",
        listed(
            """
            query plans, indexes, transactions, migrations, connection pools, backups nobody has
            tested, time zones, denormalisation, full-text search
            """
        ),
    ),
    Topic(
        "Cooking",
        "Recipes that work on a weekday, and the theory behind them.",
        listed(
            """
            sourdough, weeknight soups, cast-iron pans, fermented vegetables, dumplings, a proper
            stock, cooking for one, old family recipes, salt
            """
        ),
    ),
    Topic(
        "Travel",
        "By train where possible, on foot where not.",
        listed(
            """
            night trains, travelling light, small islands, border towns, paper maps, the slow
            ferry, walking holidays, cities in November, station buffets
            """
        ),
    ),
    Topic(
        "Gardening",
        "Balconies, allotments, and other ways to lose a weekend.",
        listed(
            """
            compost, tomatoes on a balcony, pruning, native hedges, seed libraries, gardening in
            shade, slugs, winter vegetables, rainwater
            """
        ),
    ),
    Topic(
        "Books",
        "Read, abandoned, and read again.",
        listed(
            """
            rereading, unfinished novels, public libraries, translated poetry, diaries, short
            stories, second-hand bookshops, marginal notes, long biographies
            """
        ),
    ),
    Topic(
        "Music",
        "For people who play badly and listen well.",
        listed(
            """
            practising slowly, choir rehearsals, record shops, string quartets, tuning, learning
            an instrument late, live recordings, sight-reading, silence
            """
        ),
    ),
    Topic(
        "Science",
        "How we know what we think we know.",
        listed(
            """
            tide tables, measurement errors, lichens, the night sky, field notebooks, negative
            results, citizen science, weather balloons, old instruments
            """
        ),
    ),
    Topic(
        "Photography",
        "Light, patience, and the occasional camera.",
        listed(
            """
            one lens for a year, bad weather, contact sheets, street portraits, fog, darkroom
            printing, photographing children, archives, leaving the camera home
            """
        ),
    ),
    Topic(
        "Work",
        "Meetings, offices, and how to get out of them.",
        listed(
            """
            meetings, written decisions, working from trains, estimates, handovers, the four-day
            week, hiring, saying no, on-call rotations
            """
        ),
    ),
    Topic(
        "Cycling",
        "Two wheels, all weathers.",
        listed(
            """
            winter tyres, cargo bikes, long gravel days, repairing a puncture, headwinds,
            commuting by bike, steel frames, touring with children, mudguards
            """
        ),
    ),
    Topic(
        "Home",
        "Repairs, rooms, and living with other people's wallpaper.",
        listed(
            """
            draughty windows, old floorboards, small kitchens, shared hallways, tools, moving
            house, bookshelves, lighting a room, noisy neighbours
            """
        ),
    ),
)

TITLES = (
    "What {subject} taught me about {lesson}",
    "A quiet defence of {subject}",
    "Notes on {subject}, after {span}",
    "{Subject}: a beginner's mistakes",
    "Why I changed my mind about {subject}",
    "The trouble with {subject}",
    "{Subject} in {city}",
    "On {subject} and {lesson}",
    "How we learned to live with {subject}",
    "{Subject}, explained to my grandmother",
    "In praise of {subject}",
    "{Span} of {subject}",
    "Everything I got wrong about {subject}",
    "A field guide to {subject}",
    "{Subject} without tears",
    "Letters about {subject}: {lesson}",
    "The unexpected side of {subject}",
    "Three questions about {subject}",
    "{Subject} on a small budget",
    "Against {subject}, mostly",
)

LESSONS = listed(
    """
    patience, asking for help, doing less, starting again, attention, being wrong, long evenings,
    limits, other people, small steps, letting go, curiosity, good enough, keeping notes, trust,
    the last ten percent, simple rules, time
    """
)

SPANS = listed(
    """
    one winter, three years, ten days, a long weekend, two summers, half a life, a hundred tries,
    six months, a rainy spring, seven attempts, an ordinary week
    """
)

TAGS = listed(
    """
    advice, anecdotes, archive, autumn, basics, beginners, budget, checklists, city life,
    community, craft, debate, design, details, diary, discoveries, essays, experiments, failures,
    family, favourites, field notes, guides, habits, history, how-to, humour, ideas, interviews,
    learning, letters, long read, maintenance, memories, mistakes, mornings, opinion, outdoors,
    people, planning, practice, questions, quick tips, reviews, seasons, second thoughts, short
    read, simplicity, slow living, spring, stories, summer, teaching, teamwork, theory, tools,
    tradition, weekend, winter
    """
)
