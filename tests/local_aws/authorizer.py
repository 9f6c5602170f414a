"""IAM's decision on one call: identity policies, permissions boundary, explicit Deny, conditions.

Evaluated within one account, without resource policies, session policies and organization policies:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.local_aws.conditions import Condition, Context, Text, UnsupportedPolicy

__all__ = [
    "Context",
    "Decision",
    "Statement",
    "UnsupportedPolicy",
    "authorize",
    "matching_statements",
    "parse",
]

_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


@dataclass(frozen=True)
class Statement:
    """One statement of an identity policy or boundary.

    Attributes
    ----------
    index
        Its place in the policy, from 0.
    sid
        Its name; ``statement N`` when it has none.
    """

    index: int
    sid: str
    allows: bool
    actions: tuple[Text, ...]
    not_actions: bool
    resources: tuple[Text, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]

    def covers(self, action: str, resource: str, context: Context) -> bool:
        """Tell whether action and resource are the statement's, conditions aside."""
        on_action = any(text.like(action, context, ignore_case=True) for text in self.actions)
        on_resource = any(text.like(resource, context, in_segments=True) for text in self.resources)
        return on_action is not self.not_actions and on_resource is not self.not_resources

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Tell whether the statement decides about a call: what it covers, with its conditions."""
        return self.covers(action, resource, context) and all(one.holds(context) for one in self.conditions)


@dataclass(frozen=True)
class Decision:
    """What IAM says to one call.

    Attributes
    ----------
    allowed
        Whether the call may be made on every resource it touches.
    reason
        Why, in the words of AWS's own error message, and with the deciding statement's sid where there is
        one.
    resource
        The resource that decided: the first that may not be touched, else the first of the call.
    policy, statement
        Place of the deciding statement: of the policy among the identity policies (None when the boundary
        decided) and of the statement in it; both None when nothing matched.
    sid
        The deciding statement's sid, None when nothing matched.
    """

    allowed: bool
    reason: str
    resource: str
    policy: int | None = None
    statement: int | None = None
    sid: str | None = None


def authorize(
    identity_policies: Sequence[Mapping[str, object]],
    boundary: Mapping[str, object] | None,
    action: str,
    resources: Sequence[str],
    context: Context,
) -> Decision:
    """Decide whether a principal may make a call.

    Parameters
    ----------
    identity_policies
        The policy documents attached to the principal, inline and managed.
    boundary
        The principal's permissions boundary, if it has one.
    action
        The IAM action, such as ``cloudtrail:StartLogging``.
    resources
        The ARNs the call touches, ``*`` for a call that no resource can be named for; never empty.
    context
        The request's condition keys.

    Returns
    -------
    Decision
        Allowed only if each resource is allowed by an identity policy, by the boundary if there is one, and
        denied by none.

    Raises
    ------
    UnsupportedPolicy
        When any statement, matching or not, is malformed or uses something that is not evaluated here.
    ValueError
        When no resource is given.
    """
    if not resources:
        raise ValueError(f"{action}: no resource to decide about")
    policies = [parse(policy) for policy in identity_policies]
    limits = parse(boundary) if boundary is not None else None
    decisions = [_decide(policies, limits, action, resource, context) for resource in resources]
    return next((decision for decision in decisions if not decision.allowed), decisions[0])


def _decide(
    policies: Sequence[Sequence[Statement]],
    limits: Sequence[Statement] | None,
    action: str,
    resource: str,
    context: Context,
) -> Decision:
    applying = [
        (number, statement)
        for number, statements in enumerate(policies)
        for statement in statements
        if statement.applies(action, resource, context)
    ]
    limiting = [one for one in limits or () if one.applies(action, resource, context)]
    for number, statement in applying:
        if not statement.allows:
            reason = f"with an explicit deny in an identity-based policy ({statement.sid})"
            return Decision(False, reason, resource, number, statement.index, statement.sid)
    for statement in limiting:
        if not statement.allows:
            reason = f"with an explicit deny in a permissions boundary ({statement.sid})"
            return Decision(False, reason, resource, None, statement.index, statement.sid)
    if not applying:
        return Decision(False, f"because no identity-based policy allows the {action} action", resource)
    if limits is not None and not limiting:
        return Decision(False, f"because no permissions boundary allows the {action} action", resource)
    number, statement = applying[0]
    reason = f"because an identity-based policy allows it ({statement.sid})"
    return Decision(True, reason, resource, number, statement.index, statement.sid)


def matching_statements(
    policy: Mapping[str, object], action: str, resource: str, context: Context | None = None
) -> tuple[Statement, ...]:
    """Find the statements of a policy, of either effect, that cover an action on a resource.

    Conditions are not looked at: this answers which grant a recorded call used, not whether it may be made.

    Raises
    ------
    UnsupportedPolicy
        When any statement is malformed or uses something that is not evaluated here.
    """
    return tuple(one for one in parse(policy) if one.covers(action, resource, context or {}))


def parse(policy: Mapping[str, object]) -> tuple[Statement, ...]:
    """Read an identity policy's statements.

    Raises
    ------
    UnsupportedPolicy
        When a statement is malformed or uses something that is not evaluated here.
    """
    version = policy.get("Version", "2008-10-17")
    if version not in ("2008-10-17", "2012-10-17"):
        raise UnsupportedPolicy(f"policy version {version!r} is not known")
    statements = policy.get("Statement")
    listed = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise UnsupportedPolicy("a policy needs a Statement")
    return tuple(
        _statement(index, document, variables=version == "2012-10-17")
        for index, document in enumerate(listed)
    )


def _statement(index: int, document: Mapping[str, object], *, variables: bool) -> Statement:
    name = str(document.get("Sid") or f"statement {index}")
    unknown = document.keys() - _STATEMENT_ELEMENTS
    if unknown:
        raise UnsupportedPolicy(f"{name}: {sorted(unknown)} cannot be in an identity policy")
    if document.get("Effect") not in ("Allow", "Deny"):
        raise UnsupportedPolicy(f"{name}: Effect is Allow or Deny, not {document.get('Effect')!r}")
    actions, not_actions = _either(document, "Action", name)
    resources, not_resources = _either(document, "Resource", name)
    return Statement(
        index=index,
        sid=name,
        allows=document["Effect"] == "Allow",
        # Variables are not filled in within actions.
        actions=tuple(Text(text, variables=False) for text in actions),
        not_actions=not_actions,
        resources=tuple(Text(text, variables) for text in resources),
        not_resources=not_resources,
        conditions=tuple(_conditions(document.get("Condition", {}), name, variables=variables)),
    )


def _either(document: Mapping[str, object], element: str, name: str) -> tuple[list[str], bool]:
    if (element in document) is (f"Not{element}" in document):
        raise UnsupportedPolicy(f"{name}: needs either {element} or Not{element}")
    negated = f"Not{element}" in document
    return _texts(document[f"Not{element}" if negated else element], f"{name}: {element}"), negated


def _conditions(block: object, name: str, *, variables: bool) -> Iterator[Condition]:
    if not isinstance(block, Mapping):
        raise UnsupportedPolicy(f"{name}: Condition is an object")
    for condition_operator, keys in block.items():
        if not isinstance(keys, Mapping):
            raise UnsupportedPolicy(f"{name}: {condition_operator} is an object")
        for key, values in keys.items():
            where = f"{name}: {condition_operator} {key}"
            texts = _texts(values, where)
            yield Condition(condition_operator, key, tuple(Text(text, variables) for text in texts))


def _texts(value: object, where: str) -> list[str]:
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not listed or not all(isinstance(one, (str, bool, int, float)) for one in listed):
        raise UnsupportedPolicy(f"{where}: takes texts, not {value!r}")
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed]
