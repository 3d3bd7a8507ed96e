import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireTool } from './tools.ts'

const run = promisify(execFile)

/** Runs a program other people wrote and returns what it printed; rejects with its stderr when it fails. */
export async function runTool(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(requireTool(name), args, { timeout: 50_000 })
  return stdout
}
