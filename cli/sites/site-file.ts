import { readFile } from 'node:fs/promises'
import { SiteDefinition } from '#core/contracts/site.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { unreadable } from '../output/unreadable.ts'

/** The one site of a file, YAML or JSON, or of standard input where that is "-". @throws `USAGE` naming line and member */
export const readSiteFile = async (
  path: string,
  stdin: AsyncIterable<unknown>,
): Promise<{ site: SiteDefinition; text: string }> => {
  // The reader of YAML is loaded when there is some: every other command starts without it.
  const { parseYaml } = await import('../yaml/documents.ts')
  const text =
    path === '-' ? await textOf(stdin) : await readFile(path, 'utf8').catch(unreadable(path))
  const [only, ...more] = parseYaml(text, path === '-' ? 'standard input' : path, {
    ...{ schema: SiteDefinition, noun: 'site' },
    form: 'docs/xendesktop.md shows how a site is written.',
  })
  if (only && more.length === 0) return { site: only.value, text }
  throw new UsageError(
    `${quoted(path)} has ${more.length + 1} sites, and this is about one.`,
    'Give each site a file of its own.',
  )
}

const textOf = async (stdin: AsyncIterable<unknown>): Promise<string> => {
  let text = ''
  for await (const part of stdin) text += String(part)
  return text
}
