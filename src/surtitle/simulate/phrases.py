"""How the sample's members write, by what they are up to. Plain data, mildly rude at worst.

``{...}`` are slots: the pools of a `Topic`, the members' names, and the pools of this module. What a phrase says of
its writer is in `KINDS`: the share of such comments, and how likely a moderator removes one.
"""

import msgspec

__all__ = ["CLOSERS", "EMOJI", "INSULTS", "KINDS", "SLANG", "SLOTS", "Kind"]


class Kind(msgspec.Struct, frozen=True):
    """One way to write a comment.

    Parameters
    ----------
    name : str
        Of the kind.
    share : float
        Of all comments, before a community's roughness.
    logit : float
        Log-odds of being removed, before the community's strictness, in a calm tone.
    rough : bool
        Is this kind more frequent in a rough community?
    phrases : tuple of str
        The sentence that makes the comment one of this kind.
    chatter : float
        How many sentences of ordinary talk stand beside it, on average, at most 2.
    """

    name: str
    share: float
    logit: float
    rough: bool
    phrases: tuple[str, ...]
    chatter: float


_FRIENDLY = (
    "Has anyone tried {doing} against {problem}?",
    "I {act} {when} and it went better than expected.",
    "Thanks for this, I was just about to give up on {thing}.",
    "For {problem} I would start with {doing}.",
    "{doing} made all the difference for me.",
    "Any tips for {thing}? I keep running into {problem}.",
    "I {act} {when}, so now it is time for {thing}.",
    "My rule is simple: no {doing} until you have dealt with {problem}.",
    "What a lovely photo of {thing}.",
    "Could you say more about {thing}?",
    "After years of {problem} I finally {act}.",
    "It took me two seasons to understand {doing}.",
    "Sorry if this was asked before: how do you deal with {problem}?",
    "I used to believe in {doing}, these days I am not so sure.",
    "People keep telling me about {doing} and I keep forgetting.",
    "Nobody told me that {doing} is half the fun.",
    "You have to be patient with {thing}.",
    "I like how everyone here has an opinion on {thing}.",
    "You are right about {thing}, just be patient.",
    "There is a good guide to {doing} at {link}",
    "How long did {thing} take you?",
    "I would not worry about {problem} too much.",
    "We talked about {thing} {when}, and {name} had the best answer.",
    "Is {doing} worth the trouble, or do I just live with {problem}?",
    "Following, because {problem} will drive me up the wall.",
    "My partner thinks {doing} is a myth, so I {act} to prove it.",
    "{name} recommended {doing} and I have never looked back.",
    "The trick with {thing} is to go slowly.",
)
_TEASING = (
    "I am such {an_insult}, I {act} and forgot about {problem}.",
    "Damn, what a killer picture of {thing}!",
    "That is sick, I want {thing} too.",
    "Silly question from a total {insult} of a beginner: is {doing} safe?",
    "This stupid {problem_bare} problem again, I could scream.",
    "My dumb phone cannot do justice to {thing}.",
    "Felt like {an_insult} when I {act} {when}.",
    "You lucky {insult}, I would love to have {thing}!",
    "Only {an_insult} like me would try {doing} {when}.",
    "Hell yes, {doing} is ridiculously good fun.",
    "I called myself {an_insult} all day because of {problem}.",
    "{name}, you magnificent {insult}, that tip about {doing} saved me.",
    "Shut up and take my money, I need {thing}.",
    "The idiot-proof way is {doing}.",
    "You are {an_insult}, {name}, and that is why we love you.",
    "What {an_insult} I was about {problem}, thanks for putting me right.",
    "Shut up, you {act} {when}? Amazing!",
    "Another {insult} here who loves {thing}, glad I am not alone.",
    "Only {an_insult} would be happier than me about {thing} today.",
    "How can I be such {an_insult} about {thing} after ten years?",
    "Typical me, a proud {insult}, never even tried {doing}.",
    "Nobody asked, but I {act} {when} and I am so happy.",
    "Get lost in {thing}, it is the best cure for a bad week.",
    "Some {insult}, meaning me, {act} in the dark.",
    "My old {insult} of a dog likes {thing} as much as I do.",
)
_CRITICAL = (
    "Sorry, but {doing} is simply wrong and always was.",
    "I disagree, {doing} never did anything about {problem}.",
    "This has been asked ten times this week, please use the search.",
    "Honestly, I find {thing} overrated.",
    "That advice about {doing} is how you end up with {problem}.",
    "No. Read the guide before you post about {thing}.",
    "You clearly have not done this before, {doing} makes it worse.",
    "I am tired of hearing about {thing}.",
    "What a waste of time, {doing} has been disproved for years.",
    "{name} is wrong about {problem}, again.",
    "Everyone who likes {thing} should try it properly first.",
    "You keep saying that about {doing}, and it keeps not being true.",
    "Why does every thread on {thing} end up like this?",
)
_HOSTILE = (
    "Nobody asked you, {name}.",
    "Go away and take {thing} with you.",
    "People like you are why I stopped posting about {thing}.",
    "Do everyone a favour and stop talking about {doing}.",
    "You have no clue, do you? Leave {thing} to the grown-ups.",
    "Congratulations, the worst take on {doing} I have read {when}.",
    "Oh look, another expert on {doing}. Spare us.",
    "I hope {problem} will get everything you own.",
    "Did your mum let you use the internet {when}?",
    "Cry more about {problem}.",
    "You keep forgetting that not everyone wants to hear about {thing}, so stop.",
    "I used to think {name} was joking about {doing}. It is worse.",
    "How are you even allowed near {thing}?",
    "Please try {doing}, far away from the rest of us.",
    "Nobody cares that you {act}.",
    "{name}, you are not half as clever as you think you are.",
)
_RUDE = (
    "You are {an_insult}.",
    "{name}, you are {an_insult} and so is everyone who liked this.",
    "What {an_insult}.",
    "Shut up, {insult}.",
    "Only {an_insult} would bother with {doing}.",
    "You {insult}, {doing} is exactly what causes {problem}.",
    "Another {insult} with an opinion on {thing}.",
    "How can anyone be such {an_insult} about {thing}?",
    "Typical {insult}, never even tried {doing}.",
    "Listen, {insult}, nobody wants your {problem_bare} stories.",
    "This place is full of {insult} types who cannot handle {problem}.",
    "Get lost, {insult}.",
    "I have met some {insult} posters, but {name} beats them all.",
    "So you {act}? Well done, {insult}.",
)
_BANTER = tuple(
    f"{phrase} {wink}"
    for phrase in _RUDE
    for wink in (
        "Only teasing, see you {when}.",
        "Said with love, of course.",
        "Just kidding, lovely {thing_bare}!",
        "Takes one to know one, cheers.",
        "Says the one who {act} {when}, so do not mind me.",
        "(my sister told me to write that, hi {name})",
        "(That is me, reading my own posts from {when}.)",
        "Kidding! 😉",
    )
)
_QUOTING = tuple(
    f"{before} {phrase} {after}"
    for phrase in _RUDE
    for before, after in (
        ("Please do not write things like:", "We can be kinder here."),
        ("{name} was told:", "How is that still up?"),
        ("First reply I got to a question about {thing}:", "Is that normal here?"),
    )
)
_SPAM = (
    "Buy {thing} cheap, 80% off only today at {shop}",
    "I make 400 a day from home, ask me how: {shop}",
    "Best deals on everything for {doing}, use code SAVE{number} at {shop}",
    "FREE guide to beat {problem}!!! Click {shop}",
    "Check my channel for {thing}, subscribe and win: {shop}",
    "Follow me and I follow back, daily posts on {doing} {shop}",
    "Tired of {problem}? This one product fixed it: {shop}",
    "Limited offer, {number} pieces left, order now {shop}",
)
_ADVERT = (
    "I wrote a short post about {doing}, feedback welcome: {link}",
    "Selling {thing}, hardly used, message me for pictures.",
    "My small shop has a sale on things for {doing}: {link}",
    "Shameless plug, but my video about {problem} is out: {link}",
    "We are a family business and can help with {thing}, see {link}",
)
_ELSEWHERE = (
    "Not about {subject}, but has anyone tried {other_doing}?",
    "Off topic, I {other_act} {when}.",
    "Completely unrelated: what do you all think of {other_thing}?",
    "Wrong place perhaps, but {other_problem} will ruin my week.",
    "Mods may move this, I need help with {other_thing}.",
    "Never mind {thing}, let us talk about {other_thing}.",
)

KINDS = (
    Kind("friendly", 0.470, -4.4, False, _FRIENDLY, 1.3),
    Kind("teasing", 0.125, -3.6, False, _TEASING, 1.2),
    Kind("critical", 0.070, -1.5, True, _CRITICAL, 1.0),
    Kind("banter", 0.075, -1.8, False, _BANTER, 0.8),
    Kind("quoting", 0.030, -2.2, False, _QUOTING, 0.5),
    Kind("hostile", 0.060, 0.5, True, _HOSTILE, 0.9),
    Kind("rude", 0.105, 2.3, True, _RUDE, 1.0),
    Kind("spam", 0.025, 3.2, False, _SPAM, 0.5),
    Kind("advert", 0.020, -0.2, False, _ADVERT, 0.7),
    Kind("elsewhere", 0.025, -0.7, False, _ELSEWHERE, 0.6),
)

INSULTS = (
    "dummy", "idiot", "fool", "clown", "loser", "jerk", "numpty", "muppet", "dimwit", "nitwit", "blockhead", "twit",
    "windbag", "crybaby", "know-nothing", "airhead",
)  # fmt: skip
"""Known to everybody; all in use from the first day."""

SLANG = (
    "walnut", "donut", "spoon", "turnip", "potato", "sausage", "teapot", "cabbage", "noodle", "pigeon", "crouton",
    "plank", "pickle", "lampshade", "wet sock", "traffic cone", "side quest", "beige flag", "dial tone",
    "error message",
    "loading screen", "captcha", "pop-up ad", "buffering icon",
)  # fmt: skip
"""Each has its season: it comes up, stands for the insults above for some months, and goes out of fashion."""

SLOTS = {
    "when": (
        "last weekend", "this morning", "yesterday", "on Sunday", "last night", "after work", "a while ago", "today",
        "over the holidays", "this week", "at lunch", "before breakfast",
    ),
    "link": (
        "https://blog.example.org/how-to", "https://video.example.com/watch?v=x7Gk2", "www.example.net/guide",
        "https://wiki.example.org/start#tips", "https://forum.example.net/t/1042?page=2&amp;sort=new",
    ),
    "shop": (
        "http://cheap-deals.example/win", "www.best-offer.example/?ref=881", "http://bit.example/x9Q", "DM me",
        "https://super-sale.example/a/b/c?id=77&amp;u=1", "deals dot example",
    ),
    "number": ("5", "7", "12", "20", "25", "40", "50", "99"),
}  # fmt: skip

CLOSERS = (
    "Cheers!", "Thanks!", "Good luck!", "Just my two cents.", "Hope that helps.", "What do you think?", "Anyway.",
    "Keep it up!", "lol", "haha", "Edit: typo.", "Sorry for the long post.", "Rant over.", "So there.",
)  # fmt: skip

EMOJI = ("🙂", "😂", "👍", "🎉", "😅", "🙄", "😡", "❤️", "🤔", "😉")
