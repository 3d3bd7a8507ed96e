import { Role } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { useCaller } from './context.tsx'

/** Whether the person's role suffices for a route; what does not is shown disabled with the reason. */
export const useMay = (): ((name: RouteName) => boolean) => {
  const { role } = useCaller()
  const rank = (of: Role) => Role.options.indexOf(of)
  return name => {
    const route = routes[name]
    return route.audience === 'person' && rank(role) >= rank(route.role)
  }
}
