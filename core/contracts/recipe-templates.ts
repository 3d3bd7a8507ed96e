/** How a value is written into SQL, by the rules of the engine that reads it. */
export type SqlForm = 'identifier' | 'literal' | 'number'

/** A piece of a template: text as it stands, or the place of a value. */
export type TemplatePart =
  | { text: string }
  | {
      name: string
      /** As it was recorded with the recovery point, not as it is now. */
      ofPoint: boolean
      form?: SqlForm
    }

const PLACE = /\$\$\{|\$\{([^}]*)\}?/g
const VALUE = /^(point\.)?([a-z][A-Za-z0-9]{0,62})(?:\|(identifier|literal|number))?$/

/**
 * `${name}` stands for a value, `${point.name}` for the one that was recorded with the recovery point, `${name|literal}` for one that is quoted for SQL; `$${` is `${` itself.
 * @returns the pieces in their order; `undefined` where a `${` begins none of these
 */
export const parseTemplate = (template: string): TemplatePart[] | undefined => {
  const parts: TemplatePart[] = []
  let text = ''
  let at = 0
  for (const { 0: all, 1: inside, index } of template.matchAll(PLACE)) {
    text += template.slice(at, index)
    at = index + all.length
    if (all === '$${') {
      text += '${'
      continue
    }
    const [, point, name, form] = (all.endsWith('}') && VALUE.exec(inside ?? '')) || []
    if (name === undefined) return undefined
    if (text !== '') parts.push({ text })
    text = ''
    parts.push({ name, ofPoint: point !== undefined, ...(form && { form: form as SqlForm }) })
  }
  text += template.slice(at)
  if (text !== '') parts.push({ text })
  return parts
}
