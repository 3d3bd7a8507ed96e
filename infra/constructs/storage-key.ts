import { Duration } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import type { Context } from '../context/context.ts'
import { storageKeyAlias } from '../deployment.ts'
import { KEPT } from './kept.ts'

/** The key with which S3 encrypts what is at rest, in one region; only where the context asks for one. */
export const storageKey = (scope: Construct, context: Context): Key | undefined =>
  context.repository.encryption === 'kms'
    ? new Key(scope, 'StorageKey', {
        description: 'XenKeep: S3 encrypts the repository with it',
        alias: storageKeyAlias(context),
        enableKeyRotation: true,
        pendingWindow: Duration.days(30),
        removalPolicy: KEPT,
      })
    : undefined
