import { readFile, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { TokenFileOpenError } from '../errors.ts'
import { writePrivateFile } from '../setup/private-file.ts'

const KeptSession = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('password'), token: z.string().min(1), until: z.number() }),
  z.object({
    kind: z.literal('cognito'),
    /** Of the sign-in pages, and of whom the tokens are. */
    host: z.url(),
    issuer: z.url(),
    clientId: z.string().min(1),
    access: z.string().min(1),
    refresh: z.string().min(1),
    /** Of `access`, in ms since 1970. */
    until: z.number(),
  }),
])
/** What "xenkeep login" leaves: secrets. */
export type KeptSession = z.infer<typeof KeptSession>

/** Of each control plane a file of its own, for its owner alone: `~/.config/xenkeep/sessions/` (XDG base directories). */
export const sessionFile = (env: NodeJS.ProcessEnv, url: string): string =>
  join(
    env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'),
    'xenkeep',
    'sessions',
    `${encodeURIComponent(new URL(url).origin)}.json`,
  )

/** @returns undefined where nobody signed in, or the file is none of ours @throws `TOKEN_FILE_OPEN` */
export const readSession = async (file: string): Promise<KeptSession | undefined> => {
  const found = await stat(file).catch(() => undefined)
  if (!found) return undefined
  if ((found.mode & 0o077) !== 0) throw new TokenFileOpenError(file)
  try {
    return KeptSession.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    return undefined
  }
}

export const writeSession = (file: string, session: KeptSession): Promise<void> =>
  writePrivateFile(file, `${JSON.stringify(session)}\n`)

export const removeSession = (file: string): Promise<void> => rm(file, { force: true })
