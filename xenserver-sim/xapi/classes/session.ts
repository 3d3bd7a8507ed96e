import { timingSafeEqual } from 'node:crypto'
import type { State } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { coordinatorOf } from '../pool-hosts.ts'
import type { Messages } from '../records/index.ts'

const same = (a: string, b: string) => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** Whether user and password are the pool's; a wrong pair answers only after XAPI's delay of 5 s. */
export const authenticate = async (state: State, user: string, password: string): Promise<void> => {
  const { credentials, timing } = state
  const known = [credentials, ...credentials.others].find(each => each.user === user)
  if (known && same(password, known.password)) return
  await pause(state, timing.authenticationDelay)
  throw new XapiError('SESSION_AUTHENTICATION_FAILED', user, 'Authentication failure')
}

const assertCoordinator = ({ state, host }: Call) => {
  const coordinator = coordinatorOf(state)
  if (host !== coordinator) throw new XapiError('HOST_IS_SLAVE', coordinator.address)
}

export const session: Implementation<Messages['session']> = {
  // The version is accepted and ignored, as XAPI does. A supporter redirects before it looks at the password.
  login_with_password: async (call, uname, pwd, _version, originator) => {
    assertCoordinator(call)
    await authenticate(call.state, uname, pwd)
    return call.state.sessions.open(uname, originator, call.host.ref)
  },
  logout: call => call.state.sessions.close(call.session),
  local_logout: call => call.state.sessions.close(call.session),
}
