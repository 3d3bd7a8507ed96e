import { PageQuery } from '../runs-api.ts'
import * as tokens from '../tokens-api.ts'
import { Nothing, type Routes } from './route.ts'

export const tokenRoutes = {
  createToken: {
    method: 'POST',
    path: '/v1/tokens',
    summary: 'Creates a token with which an outside system calls the API; it is told once.',
    audience: 'person',
    role: 'administrator',
    secretReply: true,
    query: Nothing,
    body: tokens.CreateTokenRequest,
    reply: tokens.CreateTokenReply,
  },
  listTokens: {
    method: 'GET',
    path: '/v1/tokens',
    summary: 'Lists the tokens of outside systems, revoked ones too; never their secrets.',
    audience: 'person',
    role: 'administrator',
    query: PageQuery,
    body: Nothing,
    reply: tokens.ListTokensReply,
  },
  revokeToken: {
    method: 'DELETE',
    path: '/v1/tokens/{tokenId}',
    summary: 'Revokes a token at once; doing it again changes nothing.',
    audience: 'person',
    role: 'administrator',
    query: Nothing,
    body: Nothing,
    reply: tokens.RevokeTokenReply,
  },
} as const satisfies Routes
