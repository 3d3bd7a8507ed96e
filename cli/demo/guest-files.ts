import { createCipheriv } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Bytes that no compression makes smaller, the same for the same seed on every machine (AES-CTR over zeros). */
export const noise = (seed: string, size: number): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.from(seed.padEnd(16).slice(0, 16)), Buffer.alloc(16)).update(
    Buffer.alloc(size),
  )

/** Text as programs log it: compresses well. */
export const logLines = (seed: string, size: number): Buffer => {
  const digits = noise(seed, Math.ceil(size / 16))
  const lines: string[] = []
  for (let length = 0, i = 0; length < size; i += 1) {
    const value = digits[i % digits.length] ?? 0
    const line = `2026-11-22T${String(i % 24).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}:00Z ${seed} request ${i} answered in ${value} ms from 192.0.2.${value}\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, size)
}

const MiB = 1024 * 1024

/** Path in the guest and content. */
export type GuestFile = readonly [path: string, content: Buffer]

/** A web server: a site with pictures, and its logs. */
export const webServer = (): GuestFile[] => [
  ['etc/hostname', Buffer.from('web\n')],
  ...Array.from(
    { length: 24 },
    (_, i): GuestFile => [`var/www/picture-${i}.jpg`, noise(`picture ${i}`, MiB)],
  ),
  ...Array.from(
    { length: 120 },
    (_, i): GuestFile => [`var/www/page-${i}.html`, logLines(`page ${i}`, 20_000)],
  ),
  ['var/log/access.log', logLines('access', 12 * MiB)],
]

/** A database server's system disk. */
export const databaseSystem = (): GuestFile[] => [
  ['etc/hostname', Buffer.from('db\n')],
  ['etc/database.conf', Buffer.from('listen = 192.0.2.20\n')],
  ['usr/lib/database/engine', noise('engine', 10 * MiB)],
  ['var/log/syslog', logLines('syslog', 6 * MiB)],
]

/** A database server's data disk: tables and a journal. */
export const databaseTables = (): GuestFile[] => [
  ...Array.from(
    { length: 16 },
    (_, i): GuestFile => [`tables/orders-${i}.tbl`, noise(`orders ${i}`, 2 * MiB)],
  ),
  ['journal/current', logLines('journal', 8 * MiB)],
]

/** What happens on that data disk on a working day: a table grows, one is dropped, the journal is written anew. */
export const workingDay: { written: () => GuestFile[]; removed: string[] } = {
  written: () => [
    ['tables/orders-16.tbl', noise('orders 16', 2 * MiB)],
    ['tables/invoice-2026-11.txt', logLines('invoice', 300_000)],
  ],
  removed: ['tables/orders-3.tbl'],
}

/** A stretch of one file that would be found in the repository if it were stored in the clear (noise does not compress). */
export const tellTale = (): Buffer => noise('orders 7', 2 * MiB).subarray(MiB, MiB + 32)

export const writeTree = (folder: string, files: readonly GuestFile[]): void => {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}
