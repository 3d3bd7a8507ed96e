import { SaxesParser } from 'saxes'
import { type Wire, wireArray, wireString, wireStruct } from './wire.ts'

/** The request was no XML-RPC call; XAPI answers HTTP 500 instead of an XML-RPC failure. */
export class MalformedCallError extends Error {}

interface Element {
  name: string
  text: string
  children: Element[]
}

export interface Call {
  readonly method: string
  readonly params: readonly Wire[]
}

const parseXml = (xml: string): Element => {
  const root: Element = { name: '', text: '', children: [] }
  const open = [root]
  const parser = new SaxesParser()
  parser.on('opentag', tag => {
    const element = { name: tag.name, text: '', children: [] }
    open.at(-1)?.children.push(element)
    open.push(element)
  })
  const addText = (text: string) => {
    const element = open.at(-1)
    if (element) element.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => open.pop())
  parser.on('error', error => {
    throw new MalformedCallError(error.message)
  })
  parser.write(xml).close()
  const document = root.children[0]
  if (!document) throw new MalformedCallError('The request holds no XML document.')
  return document
}

const child = (element: Element, name: string): Element => {
  const found = element.children.find(c => c.name === name)
  if (!found) throw new MalformedCallError(`<${element.name}> holds no <${name}>.`)
  return found
}

const readMember = (member: Element): [string, Wire] => [
  child(member, 'name').text,
  readValue(child(member, 'value')),
]

const readValue = (value: Element): Wire => {
  const inner = value.children[0]
  if (!inner) return wireString(value.text)
  switch (inner.name) {
    case 'string':
      return wireString(inner.text)
    case 'int':
    case 'i4':
    case 'i8':
      return { tag: 'int', text: inner.text.trim() }
    case 'double':
      return { tag: 'double', text: inner.text.trim() }
    case 'dateTime.iso8601':
      return { tag: 'dateTime', text: inner.text.trim() }
    case 'boolean':
      if (!/^[01]$/.test(inner.text.trim())) throw new MalformedCallError('A boolean is 0 or 1.')
      return { tag: 'boolean', value: inner.text.trim() === '1' }
    case 'array':
      return wireArray(child(inner, 'data').children.map(readValue))
    case 'struct':
      return wireStruct(inner.children.map(readMember))
    case 'nil':
      return { tag: 'nil' }
    default:
      throw new MalformedCallError(`<${inner.name}> is no XML-RPC type.`)
  }
}

/** Reads a document that is one `<value>` (ova.xml). Throws MalformedCallError. */
export const readValueText = (xml: string): Wire => readValue(parseXml(xml))

/** Reads a `methodCall` document. Throws MalformedCallError for anything else. */
export const readCall = (xml: string): Call => {
  const document = parseXml(xml)
  if (document.name !== 'methodCall') throw new MalformedCallError('The request is no methodCall.')
  const params = document.children.find(c => c.name === 'params')
  return {
    method: child(document, 'methodName').text.trim(),
    params: (params?.children ?? []).map(param => readValue(child(param, 'value'))),
  }
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escapeText = (text: string) =>
  text
    // XML 1.0 cannot carry control characters but TAB, LF and CR; XAPI drops the others.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
    .replace(/[&<>"]/g, c => escapes[c] ?? c)

/** One `<value>` as XAPI writes it: strings and 64-bit integers carry no type tag. */
export const writeValue = (wire: Wire): string => {
  switch (wire.tag) {
    case 'string':
    case 'int':
      return `<value>${escapeText(wire.text)}</value>`
    case 'i4':
      return `<value><i4>${wire.text}</i4></value>`
    case 'double':
      return `<value><double>${wire.text}</double></value>`
    case 'dateTime':
      return `<value><dateTime.iso8601>${wire.text}</dateTime.iso8601></value>`
    case 'boolean':
      return `<value><boolean>${wire.value ? 1 : 0}</boolean></value>`
    case 'array':
      return `<value><array><data>${wire.items.map(writeValue).join('')}</data></array></value>`
    case 'struct':
      return `<value><struct>${wire.members.map(([name, value]) => `<member><name>${escapeText(name)}</name>${writeValue(value)}</member>`).join('')}</struct></value>`
    case 'nil':
      return '<value><nil/></value>'
  }
}

const response = (value: Wire) =>
  `<?xml version="1.0"?><methodResponse><params><param>${writeValue(value)}</param></params></methodResponse>`

export const writeSuccess = (value: Wire): string =>
  response(
    wireStruct([
      ['Status', wireString('Success')],
      ['Value', value],
    ]),
  )

/** XAPI never uses `<fault>`: a failure is an ordinary answer with `ErrorDescription`. */
export const writeFailure = (description: readonly string[]): string =>
  response(
    wireStruct([
      ['Status', wireString('Failure')],
      ['ErrorDescription', wireArray(description.map(wireString))],
    ]),
  )

/** The answer of `system.listMethods`, the one call without the Status struct. */
export const writeBare = response
