import { Role } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { shell } from '../text/shell.ts'
import { useCaller } from './context.tsx'

const rank = (of: Role): number => Role.options.indexOf(of)

/**
 * Whether the person's role suffices for a route, as a button or an entry of a menu takes it: what does not is disabled and says why. The API checks it again.
 */
export const useMay = (): ((name: RouteName) => { disabled?: true; disabledReason?: string }) => {
  const { role } = useCaller()
  return name => {
    const route = routes[name]
    const needed = route.audience === 'person' ? route.role : 'administrator'
    if (rank(role) >= rank(needed)) return {}
    return { disabled: true, disabledReason: shell.mayNot(needed) }
  }
}
