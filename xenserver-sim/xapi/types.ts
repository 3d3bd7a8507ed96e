/** A XAPI type as the data model spells it, e.g. `(string -> VDI ref) map`, taken apart. */
export type XapiType =
  | { readonly kind: 'string' | 'int' | 'float' | 'bool' | 'datetime' | 'void' | 'any' }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'ref'; readonly of: string }
  | { readonly kind: 'record'; readonly of: string }
  | { readonly kind: 'set'; readonly of: XapiType }
  | { readonly kind: 'map'; readonly key: XapiType; readonly value: XapiType }

const scalars = ['string', 'int', 'float', 'bool', 'datetime', 'void'] as const

const parsed = new Map<string, XapiType>()

/** Takes a data model type name apart; the same text yields the same object. */
export const parseType = (text: string): XapiType => {
  const known = parsed.get(text)
  if (known) return known
  const type = takeApart(text)
  parsed.set(text, type)
  return type
}

const takeApart = (text: string): XapiType => {
  const scalar = scalars.find(s => s === text)
  if (scalar) return { kind: scalar }
  // Events carry a record of any class: they are built by hand (classes/event.ts).
  if (text === 'event record set') return { kind: 'any' }
  if (text.endsWith(' set')) return { kind: 'set', of: parseType(text.slice(0, -4)) }
  if (text.startsWith('(') && text.endsWith(') map')) {
    const inside = text.slice(1, -5)
    const arrow = topLevelArrow(inside)
    return {
      kind: 'map',
      key: parseType(inside.slice(0, arrow)),
      value: parseType(inside.slice(arrow + 4)),
    }
  }
  if (text.startsWith('enum ')) return { kind: 'enum', name: text.slice(5) }
  if (text.endsWith(' ref')) return { kind: 'ref', of: text.slice(0, -4) }
  if (text.endsWith(' record')) return { kind: 'record', of: text.slice(0, -7) }
  // `an event batch` and the like.
  return { kind: 'any' }
}

const topLevelArrow = (text: string): number => {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')') depth--
    if (depth === 0 && text.startsWith(' -> ', at)) return at
  }
  throw new Error(`No arrow in the map type "${text}".`)
}
