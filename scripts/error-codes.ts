/**
 * Writes docs/errors.md from the sources, so that every code a user can meet is listed with its meaning:
 * `node scripts/error-codes.ts > docs/errors.md`. A test compares.
 */
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Entry {
  code: string
  meaning: string
  retried: boolean
}

const FOLDERS = '{core,repository,adapters,functions,guest-files,gateway-agent,local,cli}/**/*.ts'

/** Classes with a literal code, of XenkeepError or of one that extends it: the meaning is the first sentence of the docstring above the class. */
const fromClasses = (source: string): Entry[] =>
  [
    ...source.matchAll(
      /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?(?:export )?class \w+ extends \w*Error \{\n([\s\S]*?)\n\}/g,
    ),
  ].flatMap(([, doc = '', body = '']) => {
    const code = /readonly code = '([A-Z0-9_]+)'/.exec(body)?.[1]
    if (!code) return []
    return [{ code, meaning: sentence(doc), retried: /retryable: true/.test(body) }]
  })

/** The table of XAPI failures: `meaning('XAPI CODES', 'OUR_CODE', 'what it says', …)`. */
const fromXapi = (source: string): Entry[] =>
  [...source.matchAll(/^meaning\(\s*'([^']*)',\s*'([A-Z0-9_]+)',[\s\S]*?\n\)/gm)].map(
    ([call, xapi = '', code = '']) => ({
      code,
      meaning: `XenServer answered ${xapi
        .split(' ')
        .map(name => `\`${name}\``)
        .join(', ')}.`,
      retried: /,\s*true,\s*\)$/.test(call),
    }),
  )

const sentence = (doc: string): string =>
  doc
    .replace(/^\s*\* ?/gm, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(?<=\.) .*$/, '')
    .replace(/\s*@\w+.*$/, '')

/** @returns every code once, in alphabetical order; several meanings of one code stand one after the other */
export const errorCodes = (root: string): Entry[] => {
  const found = new Map<string, Entry>()
  for (const file of globSync(FOLDERS, { cwd: root }).sort()) {
    const source = readFileSync(`${root}/${file}`, 'utf8')
    for (const entry of [...fromClasses(source), ...fromXapi(source)]) {
      const known = found.get(entry.code)
      const meanings = [...new Set([known?.meaning ?? '', entry.meaning])].filter(Boolean)
      found.set(entry.code, { ...entry, meaning: meanings.join(' ') })
    }
  }
  return [...found.values()].sort((a, b) => (a.code < b.code ? -1 : 1))
}

export const errorPage = (root: string): string =>
  [
    '# Error codes',
    '',
    'Every failure has one stable code, the same in command line, API and console, beside a sentence and an advice. This page is written from the',
    'sources by `node scripts/error-codes.ts`. "Tried again" means that XenKeep repeats the step by itself before it tells you. Exit codes',
    'are in [cli.md](cli.md).',
    '',
    '| code | when | tried again |',
    '| ---- | ---- | ----------- |',
    ...errorCodes(root).map(
      ({ code, meaning, retried }) =>
        `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} | ${retried ? 'yes' : ''} |`,
    ),
    '| `SR_FAILED` | XenServer answered another `SR_BACKEND_FAILURE_…`; its text is shown. | |',
    '| `XAPI_FAILED` | XenServer answered a code that is not in this list; it is shown with its parameters. | |',
    '',
  ].join('\n')

if (import.meta.main) process.stdout.write(errorPage(fileURLToPath(new URL('..', import.meta.url))))
