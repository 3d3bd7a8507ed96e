import { FEATURES, type Feature } from '#repository/index.ts'
import { answer, type Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { safeText } from '../output/safe-text.ts'
import { type RepositoryOptions, withRepository } from './open.ts'

/** Done once by the owner, where sessions of gateways may not. */
export const enable = (
  session: Session,
  feature: Feature,
  options: RepositoryOptions,
): Promise<ExitCode> =>
  withRepository(session, options, async repository => {
    const enabled = await repository.enable(feature)
    const { address } = repository.store
    const others = FEATURES[feature] === 'incompatible' ? 'refuse to open it' : 'only read it'
    answer(session, { repository: address, feature, enabled }, () => [
      enabled
        ? `The repository at ${safeText(address)} is open for "${feature}" now.`
        : `The repository at ${safeText(address)} was open for "${feature}" already.`,
      `  Versions of XenKeep that do not know this ${others}: update every gateway that uses it.`,
    ])
    return ExitCode.ok
  })
