import { z } from 'zod'
import { Instant, NameLabel, Ulid } from './ids.ts'

/** POST /v1/gateways/{gatewayId}/revoke; a repeated call repeats what is needed */
export const RevokeGatewayReply = z.strictObject({
  gatewayId: Ulid,
  name: NameLabel,
  /** Jobs that were taken from it: they wait for another gateway. */
  jobs: z.int().nonnegative(),
  /** When the last storage session that it was given would end by itself, should AWS hand on the refusal late. */
  sessionsEndBy: Instant,
})

/** POST /v1/gateways/{gatewayId}/rename */
export const RenameGatewayRequest = z.strictObject({ name: NameLabel.min(1) })
export const RenameGatewayReply = z.strictObject({ gatewayId: Ulid, name: NameLabel })
