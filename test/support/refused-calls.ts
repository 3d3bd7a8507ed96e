import type { S3Client } from '@aws-sdk/client-s3'

/** @returns a list that every call of this client joins that the store refuses for want of rights, or for a lock */
export const refusedCalls = (client: S3Client): string[] => {
  const refused: string[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      args =>
        next(args).catch(error => {
          const { Key = '' } = args.input as { Key?: string }
          if (error.$metadata?.httpStatusCode === 403) refused.push(`${commandName} ${Key}`)
          throw error
        }),
    { step: 'initialize', name: 'refusedCalls' },
  )
  return refused
}
