import type { Database } from './database.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'

const IDLE_MS = 24 * 60 * 60 * 1000
const TOUCH_MS = 10 * 60 * 1000 // last_active is rewritten at most this often
const PER_GROUP = 500 // sessions per originator, or per user when there is none

export interface Sessions {
  /** Opens a session; the group's least recently used one goes when there are too many. */
  open(user: string, originator: string, host: Ref): Ref
  /** Throws SESSION_INVALID [ref]; keeps the session alive otherwise. */
  check(ref: Ref): void
  close(ref: Ref): void
  /** What a restart of the coordinator's toolstack does. */
  closeAll(): void
}

export const createSessions = (database: Database, clock: () => Date): Sessions => {
  const group = (ref: Ref) => {
    const { originator, auth_user_name } = database.get('session', ref)
    return originator === '' ? `user ${auth_user_name}` : `originator ${originator}`
  }
  const pending = (ref: Ref) =>
    database.get('session', ref).tasks.some(t => database.find('task', t)?.status === 'pending')

  const makeRoom = (newcomer: Ref) => {
    const mates = [...database.all('session').keys()].filter(
      ref => ref !== newcomer && group(ref) === group(newcomer) && !pending(ref),
    )
    if (mates.length < PER_GROUP) return
    const lastActive = (ref: Ref) => database.get('session', ref).last_active.getTime()
    const oldest = mates.sort((a, b) => lastActive(a) - lastActive(b))[0]
    if (oldest) database.remove('session', oldest)
  }

  return {
    open: (user, originator, host) => {
      const now = clock()
      const ref = database.create('session', {
        this_host: host,
        auth_user_name: user,
        is_local_superuser: user === 'root',
        originator,
        last_active: now,
        validation_time: now,
      })
      makeRoom(ref)
      return ref
    },
    check: ref => {
      const session = database.find('session', ref)
      if (!session) throw new XapiError('SESSION_INVALID', ref)
      const idle = clock().getTime() - session.last_active.getTime()
      if (idle > IDLE_MS && !pending(ref)) {
        database.remove('session', ref)
        throw new XapiError('SESSION_INVALID', ref)
      }
      if (idle > TOUCH_MS) database.update('session', ref, { last_active: clock() })
    },
    close: ref => database.remove('session', ref),
    closeAll: () => {
      for (const ref of [...database.all('session').keys()]) database.remove('session', ref)
    },
  }
}
