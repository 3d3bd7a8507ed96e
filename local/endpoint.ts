import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createClient } from '#core/contracts/client.ts'
import { DataDirectoryTakenError } from '#core/errors/settings.ts'
import { readJson, writePrivately } from './data-directory.ts'

const Endpoint = z.object({ url: z.url(), token: z.string().min(32), pid: z.int() })
/** `control/endpoint.json`: where the API answers, and the person's bearer token. */
export type Endpoint = z.infer<typeof Endpoint>

/**
 * @returns what a control plane that was killed left behind; its token and port are used again, so that a command line that
 *   watches a run and a gateway in mid-transfer go on without noticing more than a pause
 * @throws `DATA_DIRECTORY_TAKEN` when it still answers
 */
export const formerEndpoint = async (
  path: string,
  directory: string,
): Promise<Endpoint | undefined> => {
  const parsed = Endpoint.safeParse(await readJson(path))
  if (!parsed.success) return undefined
  const { url, token, pid } = parsed.data
  // Whoever listens there now is shown the token only when it may be the process that wrote it.
  if (!isAlive(pid)) return parsed.data
  const client = createClient({ baseUrl: url, fetch, authorize: () => `Bearer ${token}` })
  const isAnswering = await client
    .call('listRuns', { query: { limit: 1 }, signal: AbortSignal.timeout(2_000) })
    .then(
      () => true,
      () => false,
    )
  if (isAnswering) throw new DataDirectoryTakenError(directory, pid)
  return parsed.data
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // alive, and another user's
  }
}

export const newToken = (): string => randomBytes(32).toString('base64url')

export const writeEndpoint = (path: string, endpoint: Endpoint): Promise<void> =>
  writePrivately(path, `${JSON.stringify(endpoint)}\n`)
