import type { STSClient } from '@aws-sdk/client-sts'
import type { Grants } from '#core/access/grants.ts'
import { placeOf } from '#core/access/place.ts'
import type { ReplicaSettings } from '#core/contracts/settings.ts'
import { EnvironmentMissingError } from '#core/errors/settings.ts'

const requireEnv = (name: string): string => {
  const value = process.env[name]
  if (!value) throw new EnvironmentMissingError(name)
  return value
}

/** Kept between calls: a new one would shake hands anew. */
let sts: STSClient | undefined

/** Only the functions that give out or end credentials are told which roles there are, and load what talks to STS and IAM. */
export const awsGrants = (
  repositoryAddress: string,
  secondCopy: ReplicaSettings | undefined,
): Grants => {
  const settings = () => {
    const gateway = requireEnv('XENKEEP_GATEWAY_STORAGE_ROLE_ARN')
    const place = placeOf(repositoryAddress)
    if (!place) throw new EnvironmentMissingError('XENKEEP_REPOSITORY')
    const [, partition = 'aws'] = gateway.split(':')
    const copy = secondCopy && placeOf(secondCopy.address)
    return {
      place: { ...place, partition },
      ...(copy && { secondCopy: { place: { ...copy, partition }, region: secondCopy.region } }),
      roles: { gateway, maintenance: requireEnv('XENKEEP_MAINTENANCE_STORAGE_ROLE_ARN') },
      kms: { slots: process.env.XENKEEP_SLOT_KEYS, storage: process.env.XENKEEP_STORAGE_KEYS },
    }
  }
  return {
    async issue(request) {
      const { STSClient: Client } = await import('@aws-sdk/client-sts')
      const { stsGrants } = await import('#adapters/aws/grants.ts')
      const region = process.env.XENKEEP_REPOSITORY_REGION ?? process.env.AWS_REGION
      sts ??= new Client({})
      return stsGrants({ ...settings(), client: sts, region }).issue(request)
    },
    async revoke(gatewayId, forget) {
      const { IAMClient } = await import('@aws-sdk/client-iam')
      const { iamRevocations } = await import('#adapters/aws/revocations.ts')
      const client = new IAMClient({})
      return iamRevocations({ client, roles: settings().roles }).revoke(gatewayId, forget)
    },
  }
}
