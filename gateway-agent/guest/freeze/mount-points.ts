import { readFile } from 'node:fs/promises'

/**
 * Which of these are no mount points, by proc(5), mountinfo: a folder within a file system is none, and to freeze it would freeze more than was asked for.
 */
export const notMountPoints = async (
  paths: readonly string[],
  read = () => readFile('/proc/self/mountinfo', 'utf8'),
): Promise<string[]> => {
  const mounted = new Set(
    (await read()).split('\n').map(line => {
      const path = line.split(' ')[4] ?? ''
      return path.replace(/\\([0-7]{3})/g, (_, octal) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      )
    }),
  )
  return paths.filter(path => !mounted.has(path))
}
