import { readFileSync } from 'node:fs'

/** Names of users and groups as this machine knows them. */
export interface Accounts {
  user(uid: number): string | undefined
  group(gid: number): string | undefined
}

/** By /etc/passwd and /etc/group (passwd(5), group(5)); accounts of a directory service keep their numbers alone. */
export const localAccounts = (): Accounts => {
  const users = numbered('/etc/passwd')
  const groups = numbered('/etc/group')
  return { user: uid => users.get(uid), group: gid => groups.get(gid) }
}

const numbered = (file: string): ReadonlyMap<number, string> => {
  const names = new Map<number, string>()
  for (const line of linesOf(file)) {
    const [name, , number] = line.split(':')
    if (name && number && !names.has(Number(number))) names.set(Number(number), name)
  }
  return names
}

const linesOf = (file: string): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
