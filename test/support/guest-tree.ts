import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names that a guest's files may bear, each of which has hurt somebody's page. */
export const HOSTILE_NAMES = [
  '<img src=x onerror="globalThis.hurt=1">',
  'new\nline',
  'gpj.\u202eexe',
  '-rf',
  ' two  spaces ',
  'übel 🚀 "quoted" \'single\' `tick`',
  '..%2f..%2fetc%2fpasswd',
  'x'.repeat(251),
] as const

const utf8 = (text: string) => Buffer.from(text)

/**
 * A tree of files as a guest might have it: `/etc/hostname`, `/data/big.bin`, all hostile names in `/names` (and one that is no UTF-8), `/many` with many files, and a
 * link.
 */
export const guestTree = (folder: string, { big, many }: { big: Buffer; many: number }): void => {
  for (const name of ['etc', 'data', 'names/<b>folder', 'many', 'empty'])
    mkdirSync(join(folder, name), { recursive: true })
  const write = (name: string, content: string | Buffer) =>
    writeFileSync(join(folder, name), content)
  write('etc/hostname', 'db-01\n')
  utimesSync(join(folder, 'etc/hostname'), 1_600_000_000, 1_600_000_000)
  write('data/big.bin', big)
  for (const name of HOSTILE_NAMES) write(`names/${name}`, name)
  write('names/<b>folder/inside', 'inside')
  writeFileSync(Buffer.concat([utf8(`${folder}/names/latin-`), Buffer.of(0xe9)]), 'latin')
  for (let index = 0; index < many; index++) write(`many/file-${index}`, '')
  symlinkSync('/etc', join(folder, 'way'))
}
