import { execFileSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

const run = (...argv: string[]): string =>
  execFileSync(argv[0] as string, argv.slice(1), {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  })

/** @returns a device for a partition of an image; it is gone when it was closed, and nothing is mounted from it any more */
export const fixtureDisk = (disk: string) => {
  const { partitions } = JSON.parse(run('sfdisk', '--json', disk)).partitiontable
  return (number: number): { device: string; close(): void } => {
    const { start, size } = partitions[number - 1]
    const where = ['--offset', String(start * 512), '--sizelimit', String(size * 512)]
    const device = run('losetup', '--find', '--show', ...where, disk).trim()
    const held = openSync(device, 'r')
    run('losetup', '--detach', device)
    return { device, close: () => closeSync(held) }
  }
}
