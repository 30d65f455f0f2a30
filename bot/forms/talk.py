"""Leading a conversation: open a form, take an answer, go back, park, resume; the draft row is all there is to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.dispatch import notices
from bot.dispatch.refusals import NotNow, Refused, Unclear
from bot.dispatch.words import Say, dump, dump_params
from bot.forms import booking, jobs, joining
from bot.forms.questions import Choice, Form, Heard, Question, Scene
from storage.database import Work
from storage.models import Draft

FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        booking.FORM,
        joining.MERCHANT,
        joining.DRIVER,
        jobs.PIN,
        jobs.PROOF,
        jobs.GIVE_BACK,
        jobs.GIVE_UP,
        jobs.CANCEL,
        jobs.ASK_BACK,
        jobs.NEW_LINK,
        jobs.DECLINE_MERCHANT,
        jobs.DECLINE_DRIVER,
        *jobs.DESK,
    )
}


def scene(work: Work, draft: Draft) -> Scene:
    """What the draft's questions may know."""
    return Scene(work.now, work.market, draft.person_id, draft.subject_id)


def question(draft: Draft) -> Question | None:
    """The question that this draft stands at."""
    return FORMS[draft.form].question(draft.answers)


def open_form(
    work: Work, person_id: int, name: str, subject_id: int | None = None, answers: dict[str, Any] | None = None
) -> Draft:
    """Begin a conversation; the one that was open is parked, and said so. Raises what the form's rules refuse.

    A question that belongs to a job wins: another form then waits behind it. The same form about the same thing is
    gone on with, not begun again.
    """
    form = FORMS[name]
    before = work.drafts.open(person_id)
    same = [draft for draft in (before, *work.drafts.parked(person_id)) if draft is not None]
    same = [draft for draft in same if draft.form == name and draft.subject_id == subject_id]
    if same and not answers:
        return _go_on(work, person_id, same[0], before)
    draft = Draft(person_id=person_id, form=name, subject_id=subject_id, updated_at=work.now)
    draft.answers = form.prepare(work, draft, dict(answers or {}))
    behind = before is not None and FORMS[before.form].job and not form.job
    if behind:
        draft.status = "parked"
        notices.say(work, person_id, Say("parked-behind"), urgency=notices.NOW_PLEASE)
    elif before is not None:
        _park(work, before)
    work.drafts.add(draft)
    show(work, before if behind and before else draft)
    return draft


def _go_on(work: Work, person_id: int, draft: Draft, before: Draft | None) -> Draft:
    if before is not None and before.id != draft.id:
        if FORMS[before.form].job and not FORMS[draft.form].job:
            notices.say(work, person_id, Say("parked-behind"), urgency=notices.NOW_PLEASE)
            show(work, before)
            return draft
        _park(work, before)
    if draft.status == "parked":
        work.drafts.write(draft, status="open")
    show(work, draft)
    return draft


def _park(work: Work, draft: Draft) -> None:
    asked = question(draft)
    work.drafts.write(draft, status="parked")
    notices.stale(work, draft.person_id, f"draft:{draft.id}", urgency=notices.NOW_PLEASE)
    if asked is not None and asked.contact:
        notices.clear_keyboard(work, draft.person_id, Say("parked", {"what": Say(f"form-{draft.form}")}))


def show(work: Work, draft: Draft) -> None:
    """Ask the draft's question at the bottom of the chat."""
    notices.post(work, draft.person_id, f"draft:{draft.id}")


def ask_again(work: Work, draft: Draft) -> None:
    """Ask the question once more, after something else was said: what was wrong before is no answer to that."""
    if draft.complaint is not None:
        work.drafts.write(draft, complaint=None)
    show(work, draft)


def fill(work: Work, draft: Draft, answers: dict[str, Any]) -> None:
    """Answer many questions of an open conversation at once."""
    answers = FORMS[draft.form].prepare(work, draft, answers)
    work.drafts.write(draft, answers=answers, complaint=None)
    show(work, draft)


def hear(work: Work, draft: Draft, heard: Heard) -> None:
    """Take what was said as the answer; what cannot be taken is asked again with what was wrong."""
    asked = question(draft)
    if asked is None:
        raise NotNow("refused-too-late")
    try:
        given = asked.take(heard, draft.answers, scene(work, draft))
        said = _as_said(heard, given.get(asked.key)) if _settles(asked, given) else None
        _advance(work, draft, asked, given, said and Say("answered", {"field": _field(asked), "answer": said}))
    except Unclear as unclear:
        _complain(work, draft, unclear.say)


def pick(work: Work, draft: Draft, value: str) -> None:
    """Take a tapped choice as the answer."""
    asked = question(draft)
    if asked is None or asked.pick is None:
        raise NotNow("refused-too-late")
    try:
        given = asked.pick(value, draft.answers, scene(work, draft))
        said = _label(work, draft, asked, given, value)
        line = said and Say("chosen", {"answer": said})
        if said and _settles(asked, given):
            line = Say("answered", {"field": _field(asked), "answer": _shown(draft, asked) or said})
        _advance(work, draft, asked, given, line)
    except Unclear as unclear:
        _complain(work, draft, unclear.say)


def _shown(draft: Draft, asked: Question) -> Say | None:
    """What a question about a place on the map was about: that, not *right*, is worth leaving in the chat."""
    shown = asked.shows(draft.answers) if asked.shows else None
    return Say("plain", {"text": ", ".join(part for part in shown[1:] if part)[:60]}) if shown else None


def _as_said(heard: Heard, answer: Any) -> Say | None:
    words = heard.text or ""
    if heard.contact is not None:
        words = heard.contact.name or heard.contact.phone
    elif heard.pin is not None and isinstance(answer, Mapping):
        words = str(answer["label"])
    elif heard.photo is not None:
        words = "📷"
    return Say("plain", {"text": " ".join(words.split())[:60]}) if words else None


def _settles(asked: Question, given: Mapping[str, Any]) -> bool:
    """Whether this answers the question for good: a place that was looked up is still to be confirmed."""
    right = f"{asked.key.removesuffix('_right')}_right"
    return asked.key in given and (not asked.place or given.get(right) is not None)


def _field(asked: Question) -> Say:
    return Say(f"field-{asked.key.replace('_', '-')}")


def _label(work: Work, draft: Draft, asked: Question, given: Mapping[str, Any], value: str) -> Say | None:
    if given.get(asked.key, value) is None:
        return Say("none")
    rows = asked.choices(draft.answers, scene(work, draft))
    choices: list[Choice] = [choice for row in rows for choice in row]
    return next((choice.label for choice in choices if choice.value == value), None)


def _complain(work: Work, draft: Draft, words: Say) -> None:
    answers = {key: value for key, value in draft.answers.items() if key != "said"}
    work.drafts.write(draft, answers=answers, complaint=[words.id, dump_params(words.params)])
    show(work, draft)


def _advance(work: Work, draft: Draft, asked: Question, given: Mapping[str, Any], line: Say | None) -> None:
    """Go on with what was given; `line` is left of the question unless the form's rules think otherwise of it."""
    form = FORMS[draft.form]
    answers = {key: value for key, value in {**draft.answers, **given}.items() if key not in given.get("-", ())}
    for key in [key for key, value in given.items() if key.endswith("_right") and value is None]:
        del answers[key]
    answers = form.prepare(work, draft, _without_marks(answers))
    complaint = given.get("!") or answers.pop("!", None)
    if "kept" in answers and all(key in answers for key in answers["kept"]):
        del answers["kept"]
    if line is not None and complaint is None and answers.get(asked.key) == given.get(asked.key):
        answers["said"] = [asked.key, dump(line)]
    else:
        answers.pop("said", None)
    done = form.question(answers) is None
    status = "done" if done else "open"
    work.drafts.write(draft, answers=answers, complaint=complaint, status=status)
    if asked.contact:
        notices.clear_keyboard(work, draft.person_id, Say("noted"))
    if done:
        finish(work, draft)
    else:
        show(work, draft)


def _without_marks(answers: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if key not in ("-", "!")}


def finish(work: Work, draft: Draft) -> None:
    """Everything is answered: do what the form is for, close its card, go on with what was parked."""
    notices.stale(work, draft.person_id, f"draft:{draft.id}", urgency=notices.NOW_PLEASE)
    words = FORMS[draft.form].finish(work, draft)
    if words is not None:
        notices.say(work, draft.person_id, words, urgency=notices.NOW_PLEASE)
    if FORMS[draft.form].then is not None:
        notices.post(work, draft.person_id, f"{FORMS[draft.form].then}:{draft.subject_id}")
    resume(work, draft.person_id)


def back(work: Work, draft: Draft) -> None:
    """Forget the last answer and ask that question again; from a change, go back to what was said before."""
    answers = dict(draft.answers)
    answers.pop("said", None)
    answers.pop("promise", None)
    asked = question(draft)
    before = _before(draft)
    if asked is not None and asked.contact:
        notices.clear_keyboard(work, draft.person_id, Say("going-back"))
    if "changing" in answers:
        del answers["changing"]
    elif "kept" in answers:
        answers |= answers.pop("kept")
    elif before is not None:
        del answers[before]
    answers = FORMS[draft.form].prepare(work, draft, answers)
    work.drafts.write(draft, answers=answers, complaint=None)
    show(work, draft)


def can_go_back(draft: Draft) -> bool:
    """Whether there is a question before this one."""
    return _before(draft) is not None or "changing" in draft.answers or "kept" in draft.answers


def _before(draft: Draft) -> str | None:
    """The last answered question before the open one, in the order of the form."""
    keys = [asked.key for asked in FORMS[draft.form].questions]
    asked = question(draft)
    answered = [key for key in keys[: keys.index(asked.key)] if key in draft.answers] if asked else []
    return answered[-1] if answered else None


def leave(work: Work, draft: Draft, *, aloud: bool = True) -> None:
    """Drop the conversation, and go on with what was parked.

    A tap on the question's own button shows there what came of it; whoever left in another way (`aloud`) is told, and
    shown how things stand now.
    """
    asked = question(draft)
    left = Say("left", {"what": Say(f"form-{draft.form}")})
    work.drafts.write(draft, status="cancelled")
    notices.stale(work, draft.person_id, f"draft:{draft.id}", urgency=notices.NOW_PLEASE)
    if asked is not None and asked.contact:
        notices.clear_keyboard(work, draft.person_id, left)
    elif aloud:
        notices.say(work, draft.person_id, left, urgency=notices.NOW_PLEASE)
    if aloud and FORMS[draft.form].then is not None:
        notices.post(work, draft.person_id, f"{FORMS[draft.form].then}:{draft.subject_id}")
    resume(work, draft.person_id)


def resume(work: Work, person_id: int) -> Draft | None:
    """Open the newest parked conversation again, if none is open."""
    if work.drafts.open(person_id) is not None:
        return None
    parked = work.drafts.parked(person_id)
    if not parked:
        return None
    draft = next((draft for draft in parked if FORMS[draft.form].job), parked[0])
    work.drafts.write(draft, status="open")
    notices.say(work, person_id, Say("resumed", {"what": Say(f"form-{draft.form}")}), urgency=notices.NOW_PLEASE)
    show(work, draft)
    return draft


def reopen(work: Work, draft: Draft) -> None:
    """Go on with a parked conversation; the open one is parked instead (unless it belongs to a job)."""
    _go_on(work, draft.person_id, draft, work.drafts.open(draft.person_id))


KEPT = timedelta(days=7)


def sweep(work: Work) -> None:
    """Drop conversations that nobody touched for a week or whose matter is settled; say what has lapsed in others."""
    for draft in work.drafts.untouched_since(work.now - KEPT):
        work.drafts.write(draft, status="lapsed")
        notices.stale(work, draft.person_id, f"draft:{draft.id}", urgency=notices.BULK)
    for draft in work.drafts.about_something():
        drop_if_over(work, draft)
    for draft in work.drafts.open_forms(booking.FORM.name):
        _lapse_quote(work, draft)
    for draft in work.drafts.open_forms(jobs.CANCEL.name):
        _refresh_price(work, draft)


def _lapse_quote(work: Work, draft: Draft) -> None:
    promise, asked = draft.answers.get("promise"), question(draft)
    if promise is None or draft.complaint is not None or asked is None or asked.key != "confirm":
        return
    if datetime.fromisoformat(promise["until"]) <= work.now:
        if not work.drafts.complain(draft, ["quote-lapsed", {}]):
            return
        notices.stale(work, draft.person_id, f"draft:{draft.id}", urgency=notices.BULK)


def _refresh_price(work: Work, draft: Draft) -> None:
    answers = jobs.CANCEL.prepare(work, draft, dict(draft.answers))
    complaint = answers.pop("!", None)
    if complaint is not None:
        work.drafts.write(draft, answers=answers, complaint=complaint)
        notices.stale(work, draft.person_id, f"draft:{draft.id}")


def drop_all(work: Work, person_id: int, form: str) -> None:
    """Leave every conversation of this form that a person has begun."""
    for draft in (work.drafts.open(person_id), *work.drafts.parked(person_id)):
        if draft is not None and draft.form == form:
            leave(work, draft)


def drop_if_over(work: Work, draft: Draft) -> bool:
    """Leave a conversation about something that is settled meanwhile: nobody is asked for ever in vain."""
    try:
        FORMS[draft.form].prepare(work, draft, dict(draft.answers))
    except Unclear:
        return False
    except Refused:
        leave(work, draft)
        return True
    return False
