import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, isRoot, output, run } from './programs.ts'

/** A Samba domain controller's files, as the recipe `samba-ad-dc` saves them; nothing of it listens. */
export interface Directory {
  configFile: string
  /** @returns names of the accounts, sorted */
  users: (configFile?: string) => Promise<string[]>
  destroy: () => Promise<void>
  /** An empty folder to be, in which the recipe has Samba make the domain anew. */
  restoredTo: string
}

/** Who is in the directory beside those that every domain has. */
export const USERS = ['anna', 'bruno', 'clara'] as const

/** @returns why there can be none on this machine; nothing where there can */
export const noDirectoryBecause = (): string | undefined => {
  if (!findProgram('samba-tool') || !findProgram('samba'))
    return 'Samba is not installed (package samba-ad-dc)'
  return isRoot() ? undefined : 'Samba makes a domain for root alone, and this is not root'
}

export const makeDirectory = async (folder: string): Promise<Directory> => {
  const home = join(folder, 'samba')
  const tool = (...argv: string[]) => run('samba-tool', argv, output)
  await tool(
    ...['domain', 'provision', '--realm=VIENNA.TEST', '--domain=VIENNA', '--server-role=dc'],
    // A password for nobody: the domain is gone in two minutes, and none of its services runs.
    ...[`--adminpass=Aa1-${randomBytes(12).toString('hex')}`, `--targetdir=${home}`],
    ...['--host-name=dc01', '--host-ip=127.0.0.1'],
  )
  const configFile = join(home, 'etc', 'smb.conf')
  for (const name of USERS)
    await tool('user', 'create', name, '--random-password', `--configfile=${configFile}`)
  return {
    configFile,
    restoredTo: join(folder, 'samba-restored'),
    users: async (of = configFile) => {
      const { stdout } = await tool('user', 'list', `--configfile=${of}`)
      return stdout.trim().split('\n').sort()
    },
    destroy: () => rm(home, { recursive: true }),
  }
}
