import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, test } from 'vitest'

/** The absolute path of a program on PATH, or undefined. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/**
 * A group of tests that needs programs other people wrote. Where one is missing the group is skipped and its name says
 * which; under CI=true it fails instead, because there the tools are installed and a skipped proof is no proof. Within it skip tests, not
 * groups: vitest 5 counts a group that is skipped twice as neither skipped nor passed.
 *
 * @example describeWithTools(['qemu-img'], 'VHD files', () => { test('pass qemu-img check', …) })
 */
export function describeWithTools(tools: string[], name: string, body: () => void): void {
  const missing = tools.filter(tool => findTool(tool) === undefined)
  if (missing.length === 0) return void describe(name, body)
  const reason = `${name} (needs ${missing.join(', ')}, not installed)`
  if (process.env.CI !== 'true') return void describe.skip(reason, body)
  describe(name, () => {
    test(reason, () => requireTool(missing[0] as string))
  })
}

/** The path of a tool, for use inside a test that cannot go on without it. Throws a sentence that names the tool. */
export function requireTool(name: string): string {
  const path = findTool(name)
  if (path === undefined) throw new Error(`The program ${name} is not installed; install it.`)
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
