import { Duration, type Stack } from 'aws-cdk-lib'
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { type Deployment, signInHostOf } from '../deployment.ts'
import { known } from '../known-values.ts'
import { HandlerFunction } from './handler-function.ts'

/** Checks who calls on the routes of people: by an access token of the user pool, or a token of ours. */
export const peopleAuthorizer = (scope: Stack, deployment: Deployment): IHttpRouteAuthorizer => {
  const handler = new HandlerFunction(scope, 'Authorize', {
    file: 'functions/events/authorize.ts',
    deployment,
    access: 'write', // when a token was used last
  })
  handler.addEnvironment('XENKEEP_USER_POOL', known(scope, deployment, 'user-pool-id'))
  handler.addEnvironment('XENKEEP_USER_INFO', `https://${signInHostOf(deployment)}/oauth2/userInfo`)
  return new HttpLambdaAuthorizer('People', handler, {
    authorizerName: 'people',
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.Authorization'],
    resultsCacheTtl: Duration.seconds(0), // a token that is revoked is refused at the next call
  })
}
