import { describe, expect, test } from 'vitest'
import { isAllowed, type Policy } from '#test/support/iam/evaluate.ts'
import { ACCOUNT, resolved } from '#test/support/iam/roles-of.ts'
import { synthesise } from '#test/support/synthesis.ts'

const { ofType } = synthesise()

describe.each(['primary', 'standby'] as const)('what is in transit in the %s region', site => {
  const found = ofType('AWS::S3::Bucket', site).filter(({ id }) => id.startsWith('Transit'))
  const [bucket] = found
  const properties = resolved(bucket?.Properties) as Record<string, unknown>

  test('lies in a bucket of its own that nobody reads in public and that keeps nothing for more than a day', () => {
    expect(found).toHaveLength(1)
    expect(bucket).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' })
    expect(properties).toMatchObject({
      BucketName: `xenkeep-transit-${ACCOUNT}-eu-central-1`,
      PublicAccessBlockConfiguration: {
        ...{ BlockPublicAcls: true, BlockPublicPolicy: true },
        ...{ IgnorePublicAcls: true, RestrictPublicBuckets: true },
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: [
          {
            ExpirationInDays: 1,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            Status: 'Enabled',
          },
        ],
      },
    })
    for (const none of ['VersioningConfiguration', 'ObjectLockEnabled', 'ReplicationConfiguration'])
      expect(properties[none]).toBeUndefined()
  })

  test('is read by pages of the console alone, and written by none', () => {
    const { CorsRules } = properties.CorsConfiguration as {
      CorsRules: { AllowedMethods: string[]; AllowedOrigins: string[] }[]
    }
    expect(CorsRules).toHaveLength(1)
    expect(CorsRules[0]?.AllowedMethods).toEqual(['GET'])
    const [origin = ''] = CorsRules[0]?.AllowedOrigins ?? []
    expect(CorsRules[0]?.AllowedOrigins).toHaveLength(1)
    expect(origin).toMatch(/^https:\/\/ref:Distribution\w+\.DomainName$/)
  })

  test('passes by TLS alone, of 1.2 or later', () => {
    const policies = ofType('AWS::S3::BucketPolicy', site).filter(
      ({ Properties }) => (Properties.Bucket as { Ref: string }).Ref === bucket?.id,
    )
    expect(policies).toHaveLength(1)
    const arn = `arn:aws:s3:::${properties.BucketName}`
    const text = JSON.stringify(resolved(policies[0]?.Properties.PolicyDocument))
    const policy = JSON.parse(text.replaceAll(`ref:${bucket?.id}.Arn`, arn)) as Policy
    const everything: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    const may = (context: Record<string, string>) =>
      isAllowed(
        { identity: [everything], resource: policy },
        {
          ...{ principal: `arn:aws:iam::${ACCOUNT}:role/a`, action: 's3:GetObject' },
          ...{ resource: `${arn}/transit/a/b/0`, context },
        },
      )
    expect(may({ 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.2' })).toBe(true)
    expect(may({ 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.1' })).toBe(false)
    expect(may({ 'aws:SecureTransport': 'false', 's3:TlsVersion': '1.2' })).toBe(false)
  })
})
