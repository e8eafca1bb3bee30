/**
 * The grammar of RFC 3261 section 25.1 that every message is held to, as regular expressions: the engine compiles them,
 * and they take less time than a loop over the characters does.
 *
 * Peers choose the text, and none shall be able to make a match run long. So whatever may follow a repeated class begins
 * with a character that is not in it, and alternatives begin differently: there is one way to match a text, and to find
 * that there is none takes a number of steps in proportion to its length.
 *
 * A text here is a byte string: outside quotes no class has a character beyond `\xff`. Classes that `characters.ts` has,
 * too, are held to be the same by a test.
 *
 * @module
 */

/** White space, and the CR and LF of a fold. */
const LWS = "[ \\t\\r\\n]*";
const ALPHANUM = "A-Za-z0-9";
/** UTF-8, which many send without escapes. */
const UTF8 = "\\x80-\\xff";
/** `token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )`. */
const TOKEN = `[${ALPHANUM}\\-.!%*_+\`'~]+`;
/** `escaped = "%" HEXDIG HEXDIG`. */
const ESCAPED = "%[0-9A-Fa-f]{2}";

/** Members of a class and escapes, in any order; the class has no "%". */
function escapable(members: string): string {
  return `[${members}]*(?:${ESCAPED}[${members}]*)*`;
}

/** `quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F)`; a control character has to be one. */
const QUOTABLE = '[^"\\\\\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]*';
const QUOTED = `"${QUOTABLE}(?:\\\\[^]${QUOTABLE})*"`;
/** Matches from its `lastIndex` on, and leaves there where it ends. */
export const QUOTED_STRING = new RegExp(QUOTED, "y");

/**
 * `*( SEMI generic-param )`, `generic-param = token [ EQUAL gen-value ]`, `gen-value = token / host / quoted-string`,
 * where SEMI and EQUAL may have white space around them. A value may hold more than the grammar has, since "/", "@" and
 * others are seen there, and may be empty.
 */
const VALUE = `[!#-+\\--:=?-~${UTF8}]+`;
const PARAM =
  `;${LWS}${TOKEN}${LWS}(?:=${LWS}(?:${QUOTED}${LWS}|${VALUE}${LWS})?)?`;
const PARAMS = `((?:${PARAM})*)`;

/** A host name, an IPv4 address ("_" is no letter of host names but is used in them), or an IPv6 address in brackets. */
const IPV6 = `\\[[0-9A-Fa-f:.]+(?:%[${ALPHANUM}]+)?\\]`; // with an RFC 4007 zone
const HOST = `([${ALPHANUM}][${ALPHANUM}\\-._]*|${IPV6})`;
/** One to five digits, 65535 at most. */
const PORT =
  "([0-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]|\\d{1,4})(?!\\d)";

/**
 * `userinfo = ( user / telephone-subscriber ) [ ":" password ] "@"`; besides, "#", which dialled numbers hold. An empty
 * user ("sip:@host") breaks the grammar but is sent by some gateways.
 */
const USER = `${ALPHANUM}\\-_.!~*'()&=+$,;?/#${UTF8}`;
const USERINFO = `(${escapable(USER)})(?::(${escapable(`${USER}:`)}))?@`;
/** Whatever may stand in a URI of any scheme: all that prints but space, quotes and angle brackets. */
const URI = `[!#-;=?-~${UTF8}]+`;
const URI_PARAMS = `(;${escapable(`!#$&-;=@-~${UTF8}`)})?`;
const URI_HEADERS = `(?:\\?(${escapable(`!#$&-;=?-~${UTF8}`)}))?`;

/**
 * `sip:` or `sips:`, whose "s" is the first group; then user, password, host, port, parameters with their ";" and headers.
 * userinfo may hold ";" and "?" unescaped, so that an "@" is looked for before them.
 */
export const SIP_URI = new RegExp(
  `^[Ss][Ii][Pp]([Ss])?:(?:${USERINFO}|(?![^@]*@))${HOST}(?::${PORT})?${URI_PARAMS}${URI_HEADERS}$`,
);

/** Host and port. */
export const HOST_PORT = new RegExp(`^${HOST}(?::${PORT})?$`);

/**
 * `via-parm = sent-protocol LWS sent-by *( SEMI via-params )`, `sent-protocol = protocol-name SLASH protocol-version
 * SLASH transport`, `sent-by = host [ COLON port ]`, where SLASH and COLON may have white space around them: transport,
 * host, port and parameters.
 */
export const VIA = new RegExp(
  `^${LWS}[Ss][Ii][Pp]${LWS}/${LWS}\\d{1,3}\\.\\d{1,3}${LWS}/${LWS}(${TOKEN})[ \\t\\r\\n]${LWS}${HOST}${LWS}(?::${LWS}${PORT}${LWS})?${PARAMS}$`,
);

/**
 * `name-addr = [ display-name ] LAQUOT addr-spec RAQUOT` with its parameters: display name in quotes or without, URI,
 * parameters. Outside quotes the grammar wants tokens; UTF-8 is seen everywhere there and harms nothing.
 * RFC 4475 §3.1.2.14: "Elements attempting to be liberal may ignore the spaces" around the URI.
 */
export const NAME_ADDR = new RegExp(
  `^(?:(${QUOTED})${LWS}|([${ALPHANUM}\\-.!%*_+\`'~ \\t${UTF8}]*))<${LWS}(${URI})${LWS}>${LWS}${PARAMS}$`,
);

/**
 * `addr-spec` with header parameters. §20: "If the URI is not enclosed in angle brackets, any semicolon-delimited
 * parameters are header-parameters, not URI parameters", and "If the URI contains a comma, question mark or semicolon,
 * the URI MUST be enclosed in angle brackets".
 */
export const ADDR_SPEC = new RegExp(
  `^${LWS}([!#-+\\--:=@-~${UTF8}]+)${LWS}${PARAMS}$`,
);
