import { wildcard } from './wildcard.ts'

type Texts = string | readonly string[]
type Test = (found: string, wanted: string) => boolean

const equal: Test = (found, wanted) => found === wanted
const like: Test = (found, wanted) => wildcard(wanted).test(found)
const number =
  (compare: (a: number, b: number) => boolean): Test =>
  (found, wanted) =>
    compare(Number(found), Number(wanted))

/** Operators that hold where the request carries the key with a value that fits (IAM user guide, "condition operators"). */
const POSITIVE: Record<string, Test> = {
  StringEquals: equal,
  StringLike: like,
  ArnEquals: like, // both ARN operators take wildcards
  ArnLike: like,
  Bool: equal,
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
}

/** Those that hold where no value fits: also where the request does not carry the key at all. */
const NEGATED: Record<string, Test> = {
  StringNotEquals: equal,
  StringNotLike: like,
  ArnNotEquals: like,
  ArnNotLike: like,
}

/** Whether all keys of one operator of a condition hold. @throws where the operator is not understood */
export const holds = (
  operator: string,
  wanted: Readonly<Record<string, Texts>>,
  context: Readonly<Record<string, Texts>>,
): boolean =>
  Object.entries(wanted).every(([key, values]) =>
    holdsOne(operator, [values].flat().map(String), foundIn(context, key)),
  )

/** Names of keys know no case. */
const foundIn = (
  context: Readonly<Record<string, Texts>>,
  key: string,
): readonly string[] | undefined => {
  const [, found] =
    Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase()) ?? []
  return found === undefined ? undefined : [found].flat()
}

const holdsOne = (
  operator: string,
  wanted: readonly string[],
  found: readonly string[] | undefined,
): boolean => {
  const [, set, name = '', ifExists] =
    /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null') return wanted.includes(String(found === undefined))
  if (ifExists && found === undefined) return true
  const positive = POSITIVE[name]
  const negated = NEGATED[name]
  if (!positive && !negated) throw new Error(`The operator ${operator} is not understood`)
  const fits = (value: string) => wanted.some(one => (positive ?? negated)?.(value, one))
  // Without the key: no value fits, and none has to.
  if (found === undefined) return set === 'ForAllValues' || negated !== undefined
  if (set === undefined && found.length > 1)
    throw new Error(`A key of many values needs ForAnyValue or ForAllValues: ${operator}`)
  const one = (value: string) => (positive ? fits(value) : !fits(value))
  return set === 'ForAllValues' ? found.every(one) : found.some(one)
}
