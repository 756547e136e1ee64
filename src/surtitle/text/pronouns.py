"""Personal, possessive and reflexive pronouns, for languages whose blank pipeline cannot tell them.

Words that are articles more often than pronouns (French `le`, Spanish `la`) are left out.
"""

__all__ = ["PRONOUNS", "PRONOUN_TERM"]

PRONOUN_TERM = "-pron-"
"""The one term that all pronouns become; a token of ordinary text cannot be it, since spaCy cuts it at its hyphens."""

PRONOUNS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "i me my mine myself you your yours yourself yourselves he him his himself she her hers herself it its "
        "itself we us our ours ourselves they them their theirs themselves themself u ur ya yall thee thou thy",
        "de": "ich mich mir mein meine meinen meinem meiner meines du dich dir dein deine deinen deinem deiner deines "
        "er ihn ihm sein seine seinen seinem seiner seines sie ihr ihre ihren ihrem ihrer ihres es wir uns unser "
        "unsere unseren unserem unserer unseres euch euer eure euren eurem eurer eures ihnen sich",
        "fr": "je j' me m' moi mon ma mes mien mienne tu te t' toi ton ta tes tien tienne il elle on se s' soi "
        "lui son sa ses sien sienne nous notre nos nôtre vous votre vos vôtre ils elles leur leurs eux",
        "es": "yo me mi mí mis mío mía tú te ti tu tus tuyo tuya él ella ello se sí su sus suyo suya le nosotros "
        "nosotras nos nuestro nuestra vosotros vosotras os vuestro vuestra ellos ellas les usted ustedes",
    }.items()
}
