import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'

/**
 * Ceph 16 honours `If-None-Match` only in buckets without versioning; in others the put makes a new version. For
 * tests that are about something else: looks before each conditional put, one put of a key at a time. Exact for one client, no
 * more; repositories are never created in such a store.
 */
export const withCreateOnly = (client: S3Client): S3Client => {
  const turns = new Map<string, Promise<unknown>>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async args => {
        const { Bucket, Key, IfNoneMatch } = args.input as { [member: string]: string | undefined }
        if (commandName !== 'PutObjectCommand' || IfNoneMatch !== '*') return next(args)
        const place = `${Bucket}/${Key}`
        const put = async () => {
          const there = await client.send(new HeadObjectCommand({ Bucket, Key })).then(
            () => true,
            error => {
              if (error.$metadata?.httpStatusCode === 404) return false
              throw error
            },
          )
          if (there) {
            const refusal = new Error(
              'At least one of the preconditions you specified did not hold',
            )
            const $metadata = { httpStatusCode: 412 }
            throw Object.assign(refusal, { name: 'PreconditionFailed', $metadata })
          }
          return next(args)
        }
        const turn = (turns.get(place) ?? Promise.resolve()).then(put, put)
        turns.set(place, turn)
        try {
          return await turn
        } finally {
          if (turns.get(place) === turn) turns.delete(place)
        }
      },
    { step: 'initialize', name: 'createOnly' },
  )
  return client
}
