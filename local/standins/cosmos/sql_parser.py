"""
From text to a query. The subset:

    SELECT [TOP n] * | VALUE expression | expression [AS name], ...
    FROM c [[AS] alias]  [WHERE condition]  [ORDER BY path [ASC|DESC]]  [OFFSET n LIMIT n]

with = != <> < <= > >= AND OR NOT IN BETWEEN ?? + - * / %, the functions of `sql_evaluation`, parameters, arrays and
objects. Everything else (JOIN, EXISTS, GROUP BY, DISTINCT, LIKE, subqueries, ...) is refused with 400.
"""

from functools import lru_cache

from local.standins.cosmos.errors import bad_request
from local.standins.cosmos.sql_evaluation import FUNCTIONS
from local.standins.cosmos.sql_rules import check_aggregates
from local.standins.cosmos.sql_tokens import Token, syntax_error, tokens
from local.standins.cosmos.sql_tree import (
    AGGREGATES,
    Array,
    Binary,
    Call,
    Column,
    Expression,
    In,
    Literal,
    Logic,
    Not,
    Object,
    Order,
    Parameter,
    Path,
    Query,
)

LONGEST = 512 * 1_024
"""Characters of a query."""
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Raises: CosmosError 400 with what is not understood, and where. Do not change what it returns."""
    if len(text) > LONGEST:
        raise bad_request(f"The query is longer than {LONGEST} characters.")
    try:
        query = _Parser(text).query()
    except RecursionError as error:
        raise bad_request("The query is nested too deeply.") from error
    check_aggregates(query)
    return query


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0
        self._alias = _alias(self._tokens)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        if token.kind == "end":
            raise syntax_error(self._text, token.start)
        self._at += 1
        return token

    def _accept(self, *words: str) -> bool:
        if self._next.is_(*words):
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise syntax_error(self._text, self._next.start)

    def query(self) -> Query:
        query = Query(alias=self._alias)
        self._expect("SELECT")
        if self._accept("TOP"):
            query.top = self._count()
        if self._accept("*"):
            query.star = True
        elif self._accept("VALUE"):
            query.value = self._column(0)
        else:
            query.columns = [self._column(1)]
            while self._accept(","):
                query.columns.append(self._column(len(query.columns) + 1))
        self._expect("FROM")
        self._from()
        if self._accept("WHERE"):
            start = self._next.start
            query.where = self._expression()
            query.where_text = self._since(start)
        if self._accept("ORDER"):
            self._expect("BY")
            query.order = self._order()
        if self._accept("OFFSET"):
            query.offset = self._count()
            self._expect("LIMIT")
            query.limit = self._count()
        if self._next.kind != "end":
            raise syntax_error(self._text, self._next.start)
        if len({column.name for column in query.columns}) < len(query.columns):
            raise bad_request("Two columns of the result have the same name.")
        return query

    def _since(self, start: int) -> str:
        return self._text[start : self._tokens[self._at - 1].end]

    def _from(self) -> None:
        """The name of the container means nothing, and the alias is known."""
        self._name()
        self._accept("AS")
        if self._next.is_name:
            self._take()

    def _name(self) -> str:
        token = self._take()
        if not token.is_name:
            raise syntax_error(self._text, token.start)
        return token.text

    def _count(self) -> Expression:
        token = self._take()
        if token.kind == "parameter":
            return Parameter(token.text)
        if token.kind == "number" and isinstance(token.value, int):
            return Literal(token.value)
        raise syntax_error(self._text, token.start)

    def _column(self, number: int) -> Column:
        start = self._next.start
        expression = self._expression()
        text = self._since(start)
        steps = expression.steps if isinstance(expression, Path) else ()
        name = f"${number}"
        if isinstance(expression, Path):
            name = self._alias if not steps else steps[-1] if isinstance(steps[-1], str) else name
        named = bool(number) and self._accept("AS")
        return Column(self._name() if named else name, expression, text, named=named)

    def _order(self) -> Order:
        start = self._next.start
        key = self._expression()
        text = self._since(start)
        if not isinstance(key, Path) or not key.steps:
            raise bad_request("Unsupported ORDER BY clause: it must be the path of a property.")
        descending = self._accept("DESC", "DESCENDING")
        if not descending:
            self._accept("ASC", "ASCENDING")
        if self._next.is_(","):
            raise bad_request("The stand-in knows ORDER BY with one key only.")
        return Order(key=key, text=text, descending=descending)

    def _expression(self) -> Expression:
        return self._logic("OR", "AND")

    def _logic(self, operator: str, *tighter: str) -> Expression:
        def part() -> Expression:
            return self._logic(*tighter) if tighter else self._not()

        parts = [part()]
        while self._accept(operator):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(operator, tuple(parts))

    def _not(self) -> Expression:
        return Not(self._not()) if self._accept("NOT") else self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        if self._next.is_("=", "!=", "<>", "<", "<=", ">", ">="):
            operator = self._take().text
            return Binary("!=" if operator == "<>" else operator, left, self._sum())
        negated = self._accept("NOT")
        found: Expression
        if self._accept("IN"):
            self._expect("(")
            found = In(left, self._list(")"))
        elif self._accept("BETWEEN"):
            low = self._sum()
            self._expect("AND")
            found = Logic("AND", (Binary(">=", left, low), Binary("<=", left, self._sum())))
        elif negated:
            raise syntax_error(self._text, self._next.start)
        else:
            return left
        return Not(found) if negated else found

    def _sum(self) -> Expression:
        return self._left_to_right(["??"], ["+", "-"], ["*", "/", "%"])

    def _left_to_right(self, operators: list[str], *tighter: list[str]) -> Expression:
        def part() -> Expression:
            return self._left_to_right(*tighter) if tighter else self._unary()

        found = part()
        while self._next.is_(*operators):
            found = Binary(self._take().text, found, part())
        return found

    def _unary(self) -> Expression:
        if self._accept("-"):
            inner = self._unary()
            is_number = isinstance(inner, Literal) and isinstance(inner.value, int | float)
            return Literal(-inner.value) if is_number else Binary("-", Literal(0), inner)  # type: ignore[union-attr]
        return self._primary()

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind in {"number", "string"}:
            return Literal(token.value)
        if token.kind == "parameter":
            return Parameter(token.text)
        if token.is_("("):
            found = self._expression()
            self._expect(")")
            return found
        if token.is_("["):
            return Array(self._list("]"))
        if token.is_("{"):
            return Object(self._object())
        if token.kind != "word":
            raise syntax_error(self._text, token.start)
        word = token.text.upper()
        if word in _CONSTANTS:
            return Literal(_CONSTANTS[word])
        if word == "UNDEFINED":
            return Path((Parameter(""),))
        if self._next.is_("("):
            return self._call(token, word)
        if token.text != self._alias:
            raise bad_request(f"Identifier {token.text!r} could not be resolved: properties start with {self._alias}.")
        return Path(self._steps())

    def _steps(self) -> tuple[str | int | Parameter, ...]:
        steps: list[str | int | Parameter] = []
        while self._next.is_(".", "["):
            dot = self._take().text == "."
            token = self._take()
            if dot and token.is_name:
                steps.append(token.text)
            elif not dot and token.kind == "parameter":
                steps.append(Parameter(token.text))
            elif not dot and isinstance(token.value, str | int):
                steps.append(token.value)
            else:
                raise syntax_error(self._text, token.start)
            if not dot:
                self._expect("]")
        return tuple(steps)

    def _call(self, token: Token, name: str) -> Call:
        self._take()
        arguments = self._list(")")
        counts = FUNCTIONS[name].counts if name in FUNCTIONS else (1,)
        if name not in FUNCTIONS and name not in AGGREGATES:
            raise bad_request(f"The stand-in does not know the function {token.text}.")
        if len(arguments) not in counts:
            raise bad_request(f"The function {token.text} takes {' or '.join(map(str, counts))} arguments.")
        return Call(name, arguments)

    def _list(self, end: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while not self._accept(end):
            if items:
                self._expect(",")
            items.append(self._expression())
        return tuple(items)

    def _object(self) -> tuple[tuple[str, Expression], ...]:
        items: list[tuple[str, Expression]] = []
        while not self._accept("}"):
            if items:
                self._expect(",")
            name = str(self._take().value) if self._next.kind == "string" else self._name()
            self._expect(":")
            items.append((name, self._expression()))
        return tuple(items)


def _alias(found: list[Token]) -> str:
    """The name by which a query calls the item: its first FROM says it."""
    starts = (i for i, token in enumerate(found) if token.is_("FROM") and not found[i - 1].is_("."))
    start = next(starts, None)
    if start is None:
        return "c"
    names = [token for token in found[start + 1 : start + 4] if not token.is_("AS")]
    if not names[0].is_name:
        return "c"
    return names[1].text if len(names) > 1 and names[1].is_name else names[0].text
