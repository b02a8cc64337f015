"""The sentences that posts and comments are made of. Data only.

Slots: ``{subject}``, ``{Subject}``, ``{lesson}``, ``{city}``, ``{span}``, ``{name}``.
"""

from __future__ import annotations

OPENINGS = (
    "I did not expect to write about {subject} again, but here we are.",
    "Somebody in {city} asked me last week how I came to care about {subject}.",
    "For {span} I kept a notebook about {subject}, and this is what is left of it.",
    "{Subject}: one of those things that everybody has an opinion on and nobody practises.",
    "My first attempt at {subject} ended in an apology to three strangers.",
    "There is a shelf in my kitchen that exists only because of {subject}.",
    "It was {name} who first showed me that {subject} can be done differently.",
    "Every autumn I promise myself to take {subject} seriously.",
    "Let me begin with the part about {subject} that no book mentions.",
    "A short version for people in a hurry: it is mostly about {lesson}.",
)

MIDDLES = (
    "The usual advice is to begin with the hard part, and the usual advice is wrong.",
    "What helped in the end was not more equipment but {lesson}.",
    "After {span} the pattern was plain: the days with a plan were the worst ones.",
    "I asked around in {city}, and got five answers from four people.",
    "None of this is new; my aunt did it in the same way forty years ago.",
    "You can skip this step once, perhaps twice, and then it comes back with interest.",
    "There is a kind of tiredness that only {subject} can produce.",
    "The trick, if there is one, is to stop a little before you want to.",
    "{name} keeps a list of exceptions on the wall, and the list is longer than the rules.",
    "On a good day it takes an hour, on a bad one it takes the whole weekend.",
    "I measured it, because I did not believe it: half of the effort went into {lesson}.",
    "Nobody talks about the waiting, which is most of it.",
    "It would be easy to make a theory out of this, so I shall not.",
    "The second try is always worse than the first, and the third is where it starts.",
    "Of course there is a machine for it now, and of course it is in the cellar.",
    "We argued about it on the train to {city} and had to change compartments.",
    "A friend calls this the difference between knowing and having done it twice.",
    "What looks like talent from the outside is, in my experience, {lesson}.",
    "The instructions were printed upside down, which turned out to be a help.",
    "If you remember one thing from this text, let it be the sentence before this one.",
    "People who are good at {subject} rarely agree on why.",
    "It rained, so we stayed inside and did it properly for once.",
    "Some of the best results came from the days when almost everything went wrong.",
    "I wrote down the numbers every evening: time, cost, mood, weather.",
    "In {city} they have a word for it that does not translate.",
    "The cheap version lasts a year; the good one lasts until you lend it to somebody.",
    "Most mistakes are made in the first ten minutes and noticed in the last ten.",
    "There was a moment, after {span}, when it simply worked.",
    "Doing it together with {name} was slower, and better in every other respect.",
    "Perhaps this is why {subject} never became fashionable.",
)

ENDINGS = (
    "Next time I shall write about what happened afterwards.",
    "I still do not know whether it was worth it, but I would do it again.",
    "That is all; go outside.",
    "If you have a better way, the comments are open and I am curious.",
    "The rest is {lesson}, as usual.",
    "We shall see what {span} more will bring.",
    "Thank you to {name}, who read this twice and found the same mistake both times.",
    "And if it fails, there is always {city}.",
)

COMMENTS = (
    "Thank you for this. I had given up on {subject} years ago and will try again.",
    "I disagree about the first part, but the second is exactly my experience.",
    "We do it the other way round in {city}, and it works just as well.",
    "Could you say more about {lesson}? That is the part where I always get stuck.",
    "This made me laugh on a crowded tram.",
    "My grandmother would have approved of every word.",
    "Has anybody tried this for longer than {span}?",
    "Lovely text. There is a small mistake in the third paragraph, though.",
    "I have been saying this for {span} and nobody listened. Now I can send a link.",
    "Not convinced. {Subject} never needed so many rules.",
    "Sent to my whole team, with the subject line: {lesson}.",
    "The bit about the cellar is painfully true.",
    "What a pleasant read. More of this, please.",
    "{name} wrote something similar last year, worth looking up.",
    "Is there a version of this for beginners?",
    "I tried it yesterday. It did not work, but I had a good evening.",
    "Great post, but you forgot to mention what it costs.",
    "Reading this in {city}, in the rain, nodding.",
    "After {span} of doing it wrong I found this page. Thank you.",
    "How do you keep this up with small children in the house?",
    "I would add one thing: write everything down.",
    "Beautifully put. I am stealing the sentence about the exceptions on the wall.",
    "Counterexample: me.",
    "Good points, though a longer text about {subject} is overdue.",
    "The comments here are almost as good as the post.",
    "+1 for {lesson}.",
    "I came for {subject} and stayed for the weather report.",
    "Three of us tried this at once and got three different results.",
    "Please never stop writing.",
    "Does this also hold for larger groups?",
)

COMMENT_ADDITIONS = (
    "Looking forward to the next part.",
    "I shall report back.",
    "Best wishes from {city}.",
    "Perhaps I am just getting old.",
    "It took me {span} to understand that.",
    "My neighbours send their regards.",
    "Then again, what do I know.",
    "Has {name} seen this?",
    "I wish I had known that earlier.",
    "Bookmarked.",
)
