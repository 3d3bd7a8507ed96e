import { createHash } from 'node:crypto'
import { PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3'

/**
 * A put whose body is hashed once: its SHA-256 is both S3's checksum and the payload hash of the signature (Signature Version 4,
 * x-amz-content-sha256), and the SDK would compute each.
 */
export const putObject = (
  input: Omit<PutObjectCommandInput, 'Body'>,
  body: Uint8Array,
): PutObjectCommand => {
  const digest = createHash('sha256').update(body).digest()
  const command = new PutObjectCommand({
    ...input,
    Body: body,
    ChecksumSHA256: digest.toString('base64'),
  })
  command.middlewareStack.add(
    next => async args => {
      const request = args.request as { headers: Record<string, string> }
      request.headers['x-amz-content-sha256'] = digest.toString('hex')
      return next(args)
    },
    { step: 'build', name: 'payloadHash' },
  )
  return command
}
