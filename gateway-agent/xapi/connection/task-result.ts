import type { ZodType } from 'zod'
import { XapiUnintelligibleError } from '#core/errors/xenserver.ts'

const VALUE = /<value>([^<]*)<\/value>|<value\s*\/>/g

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')

/**
 * task.result is the XML-RPC text of a reference, a string or a set of them (reference 1.6); void is empty.
 * @throws `XAPI_UNINTELLIGIBLE`
 */
export const decodeTaskResult = <T>(result: string, as: ZodType<T>, method: string): T => {
  const values = [...result.matchAll(VALUE)].map(([, text = '']) => unescapeXml(text))
  const value = result.includes('<array>') ? values : (values[0] ?? unescapeXml(result))
  const decoded = as.safeParse(value)
  if (decoded.success) return decoded.data
  throw new XapiUnintelligibleError(method, `the result of its task is "${result.slice(0, 100)}"`)
}
