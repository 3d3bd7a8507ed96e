import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { requireTool } from './tools.ts'

const MiB = 1024 * 1024
const SECTOR = 512
const run = promisify(execFile)

const blank = (file: string, size: number): string => {
  writeFileSync(file, '')
  truncateSync(file, size)
  return file
}

/** @param inodes where there are more files than its size would have room for */
export const ext4Image = async (
  file: string,
  size: number,
  tree: string,
  label: string,
  inodes?: number,
) => {
  const room = inodes === undefined ? [] : ['-N', String(inodes)]
  const image = blank(file, size)
  await run(requireTool('mke2fs'), ['-qt', 'ext4', ...room, '-L', label, '-d', tree, image])
  return file
}

export const ntfsImage = async (file: string, size: number, files: Record<string, string>) => {
  await run(requireTool('mkntfs'), ['-q', '-F', '-L', 'WINDOWS', blank(file, size)])
  for (const [name, source] of Object.entries(files))
    await run(requireTool('ntfscp'), ['-f', file, source, name])
  return file
}

/** By a prototype file, so that nobody has to mount it. Its least size is 300 MiB, nearly all of them holes. */
export const xfsImage = async (file: string, source: string) => {
  const prototype = `${file}.prototype`
  writeFileSync(
    prototype,
    `/none\n0 0\nd--755 0 0\ndir d--755 0 0\nfile ---640 7 8 ${source}\n$\nlink l--777 0 0 dir/file\n$\n`,
  )
  await run(requireTool('mkfs.xfs'), ['-q', '-p', prototype, blank(file, 304 * MiB)])
  return file
}

/** A disk with a GPT and these images in its partitions. */
export const partitioned = async (file: string, size: number, images: string[]) => {
  const disk = Buffer.alloc(size)
  let at = 2048 // sectors
  const lines = ['label: gpt']
  for (const image of images) {
    const bytes = readFileSync(image)
    lines.push(`start=${at},size=${bytes.length / SECTOR}`)
    bytes.copy(disk, at * SECTOR)
    at += bytes.length / SECTOR
  }
  writeFileSync(file, disk)
  const child = run(requireTool('sfdisk'), ['-q', file])
  child.child.stdin?.end(`${lines.join('\n')}\n`)
  await child
  return file
}

/** A disk that is a volume group, made by LVM itself, in a kernel that runs as a process. */
export const lvmImage = async (file: string, folder: string) => {
  const own = join(folder, 'lvm-uml')
  mkdirSync(own)
  const script = resolve('test/support/processes/lvm-image.sh')
  const settings = [
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    'mem=128M',
    'con=null',
    'con0=null,fd:1',
  ]
  await run(
    requireTool('linux.uml'),
    [`ubd0=${blank(file, 16 * MiB)}`, ...settings, `uml_dir=${own}/`, `init=${script}`],
    { timeout: 30_000 },
  )
  return file
}
