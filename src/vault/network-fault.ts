import type { ErrorCode } from '../core/errors.ts';
import { systemCode } from '../core/errors.ts';

export interface NetworkFault {
  readonly code: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known to the name server',
  EAI_AGAIN: 'the name server does not answer',
  EAI_FAIL: 'the name server failed',
  EAI_NODATA: 'its name has no address',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'no route to the host',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'no route to its network',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'this machine has no address on that network',
  ETIMEDOUT: 'the connection timed out',
  ERR_SOCKET_CONNECTION_TIMEOUT: 'the connection timed out',
  EACCES: 'the connection is forbidden on this machine',
  EPERM: 'the connection is forbidden on this machine',
};

const CUT = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ERR_SOCKET_CLOSED',
  'UND_ERR_SOCKET',
]);

const CERTIFICATE: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: the clock of this machine may be behind',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  HOSTNAME_MISMATCH: 'its certificate is for another host name',
  CERT_REVOKED: 'its certificate was revoked',
  CERT_UNTRUSTED: 'its certificate is not trusted',
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
};

const NO_TLS =
  /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|HTTP_REQUEST|:http request/;

/**
 * What a Node network error means, or null when it is none. Looks through an AggregateError (several addresses tried) and through causes.
 */
export function networkFault(error: unknown): NetworkFault | null {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : undefined;
  const code = systemCode(error) ?? systemCode(first);
  if (code === undefined) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return { code: 'VAULT_UNREACHABLE', why: 'the connection timed out' };
    return null;
  }
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined) return { code: 'VAULT_UNREACHABLE', why: `${unreachable} (${code})` };
  if (CUT.has(code)) return { code: 'TRANSFER_CUT', why: `the connection broke (${code})` };
  const certificate = CERTIFICATE[code];
  if (certificate !== undefined) {
    return { code: 'VAULT_TLS', why: `${certificate} (${code})` };
  }
  // Some ways to fail have a code of their own, others are an EPROTO with OpenSSL's words.
  if (NO_TLS.test(code) || (code === 'EPROTO' && error instanceof Error && NO_TLS.test(error.message))) {
    return {
      code: 'VAULT_TLS',
      why: `the server does not speak TLS on this port (${code})`,
      hint: 'Check the port of `endpoint`, or write http:// if the server has no TLS.',
    };
  }
  if (
    /^(CERT_|CRL_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO$|UNABLE_TO_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/.test(
      code,
    )
  ) {
    return { code: 'VAULT_TLS', why: `the TLS connection failed (${code})` };
  }
  if (code.startsWith('HPE_')) return { code: 'VAULT_BAD_ANSWER', why: `the answer is not HTTP (${code})` };
  return null;
}
