/** RFC 4475 sections 3.2 to 3.4: transaction layer, application layer and RFC 2543. */

import { lines, row, sdp, type TortureMessage } from "./row.ts";

/** The message of section 3.2, the fifteen of 3.3 and the one of 3.4. */
export const RFC4475_APPLICATION: readonly TortureMessage[] = [
  row("RFC 4475 §3.2.1", ["badbranch", "Missing Transaction Identifier"], {
    text: lines(
      "OPTIONS sip:user@example.com SIP/2.0",
      "To: sip:user@example.com",
      "From: sip:caller@example.org;tag=33242",
      "Max-Forwards: 3",
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK",
      "Accept: application/sdp",
      "Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n",
      "CSeq: 8 OPTIONS",
      "l: 0",
      "",
    ),
    expect: {
      message: "accepted",
      uas: 200,
      why: "An element could attempt to be liberal [...] and treat this " +
        "message as if it had an RFC 2543-style empty branch",
    },
  }),
  row("RFC 4475 §3.3.1", ["insuf", "Missing Required Header Fields"], {
    text: lines(
      "INVITE sip:user@example.com SIP/2.0",
      "CSeq: 193942 INVITE",
      "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf",
      "Content-Type: application/sdp",
      "l: 152",
      "",
    ) + sdp("192.0.2.95"),
    expect: {
      message: 400,
      uas: 400,
      why: "An element receiving this message must not break because of the " +
        "missing information. Ideally, it will respond with a 400 Bad Request",
    },
  }),
  row("RFC 4475 §3.3.2", ["unkscm", "Request-URI with Unknown Scheme"], {
    text: lines(
      "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0",
      "To: sip:user@example.com",
      "From: sip:caller@example.net;tag=384",
      "Max-Forwards: 3",
      "Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34",
      "CSeq: 3923423 OPTIONS",
      "Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234",
      "Content-Length: 0",
      "",
    ),
    expect: {
      message: "accepted",
      uas: 416,
      why: "If an element will never accept this scheme [...] it is " +
        "appropriate to treat the request as having an unknown scheme: 416",
    },
  }),
  row("RFC 4475 §3.3.3", [
    "novelsc",
    "Request-URI with Known but Atypical Scheme",
  ], {
    text: lines(
      "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0",
      "To: sip:user@example.com",
      "From: sip:caller@example.net;tag=384",
      "Max-Forwards: 3",
      "Call-ID: novelsc.asdfasser0q239nwsdfasdkl34",
      "CSeq: 3923423 OPTIONS",
      "Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234",
      "Content-Length: 0",
      "",
    ),
    expect: {
      message: "accepted",
      uas: 416,
      why: "an endpoint [...] will [...] reject the request with a 416 " +
        "Unsupported URI Scheme response",
    },
  }),
  row("RFC 4475 §3.3.4", [
    "unksm2",
    "Unknown URI Schemes in Header Fields",
  ], {
    text: lines(
      "REGISTER sip:example.com SIP/2.0",
      "To: isbn:2983792873",
      "From: <http://www.example.com>;tag=3234233",
      "Call-ID: unksm2.daksdj@hyphenated-host.example.com",
      "CSeq: 234902 REGISTER",
      "Max-Forwards: 70",
      "Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw",
      "Contact: <name:John_Smith>",
      "l: 0",
      "",
    ),
    expect: {
      message: "accepted",
      why: "This REGISTER request contains unknown schemes in the To, From " +
        "and Contact header fields, and is otherwise well-formed",
    },
  }),
  row("RFC 4475 §3.3.5", ["bext01", "Proxy-Require and Require"], {
    text: lines(
      "OPTIONS sip:user@example.com SIP/2.0",
      "To: sip:j_user@example.com",
      "From: sip:caller@example.net;tag=242etr",
      "Max-Forwards: 6",
      "Call-ID: bext01.0ha0isndaksdj",
      "Require: nothingSupportsThis, nothingSupportsThisEither",
      "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
      "CSeq: 8 OPTIONS",
      "Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw",
      "Content-Length: 0",
      "",
    ),
    expect: {
      message: "accepted",
      uas: 420,
      why: "an endpoint must respond with a 420 Bad Extension response that " +
        "lists the extensions named in Require",
    },
  }),
  row("RFC 4475 §3.3.6", ["invut", "Unknown Content-Type"], {
    text: lines(
      "INVITE sip:user@example.com SIP/2.0",
      "Contact: <sip:caller@host5.example.net>",
      "To: sip:j.user@example.com",
      "From: sip:caller@example.net;tag=8392034",
      "Max-Forwards: 70",
      "Call-ID: invut.0ha0isndaksdjadsfij34n23d",
      "CSeq: 235448 INVITE",
      "Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw",
      "Content-Type: application/unknownformat",
      "Content-Length: 40",
      "",
      "<audio>",
      ' <pcmu port="443"/>',
      "</audio>",
    ),
    expect: {
      message: "accepted",
      // As a B2BUA Legwork carries a body of any type across: 415 is the far end's to say.
      why:
        "an endpoint [...] would reject the request with a 415 Unsupported " +
        "Media Type error; a proxy would forward it",
    },
  }),
  row("RFC 4475 §3.3.7", ["regaut01", "Unknown Authorization Scheme"], {
    text: lines(
      "REGISTER sip:example.com SIP/2.0",
      "To: sip:j.user@example.com",
      "From: sip:j.user@example.com;tag=87321hj23128",
      "Max-Forwards: 8",
      "Call-ID: regaut01.0ha0isndaksdj",
      "CSeq: 9338 REGISTER",
      "Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw",
      "Authorization: NoOneKnowsThisScheme opaque-data=here",
      "Content-Length:0",
      "",
    ),
    expect: {
      message: "accepted",
      why:
        "Some elements will ignore the header field, others will treat the " +
        "request as containing no credentials",
    },
  }),
  row("RFC 4475 §3.3.8", [
    "multi01",
    "Multiple Values in Single Value Required Fields",
  ], {
    text: lines(
      "INVITE sip:user@company.com SIP/2.0",
      "Contact: <sip:caller@host25.example.net>",
      "Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw",
      "Max-Forwards: 70",
      "CSeq: 5 INVITE",
      "Call-ID: multi01.98asdh@192.0.2.1",
      "CSeq: 59 INVITE",
      "Call-ID: multi01.98asdh@192.0.2.2",
      "From: sip:caller@example.com;tag=3413415",
      "To: sip:user@example.com",
      "To: sip:other@example.net",
      "From: sip:caller@example.net;tag=2923420123",
      "Content-Type: application/sdp",
      "l: 154",
      "Contact: <sip:caller@host36.example.net>",
      "Max-Forwards: 5",
      "",
    ) + sdp("192.0.2.25"),
    expect: {
      message: 400,
      uas: 400,
      why: "An element receiving this request would respond with a 400 Bad " +
        "Request error",
    },
  }),
  row("RFC 4475 §3.3.9", ["mcl01", "Multiple Content-Length Values"], {
    text: lines(
      "OPTIONS sip:user@example.com SIP/2.0",
      "Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423",
      "To: sip:user@example.com",
      "From: sip:other@example.net;tag=3923942",
      "Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf",
      "CSeq: 15932 OPTIONS",
      "Content-Length: 13",
      "Max-Forwards: 60",
      "Content-Length: 5",
      "Content-Type: text/plain",
      "",
      "There's no way to know how many octets are supposed to be here.",
    ),
    expect: {
      message: 400,
      uas: 400,
      why: "it should respond with a 400 Bad Request error",
    },
  }),
  row("RFC 4475 §3.3.10", [
    "bcast",
    "200 OK Response with Broadcast Via Header Field Value",
  ], {
    text: lines(
      "SIP/2.0 200 OK",
      "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
      "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
      "Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf",
      "CSeq: 35 INVITE",
      "From: sip:user@example.com;tag=11141343",
      "To: sip:user@example.edu;tag=2229",
      "Content-Length: 154",
      "Content-Type: application/sdp",
      "Contact: <sip:user@host28.example.com>",
      "",
    ) + sdp("192.0.2.198"),
    expect: {
      message: "dropped",
      why:
        "If it is an endpoint [...] it will discard the message because it " +
        "contains a second Via",
    },
  }),
  row("RFC 4475 §3.3.11", ["zeromf", "Max-Forwards of Zero"], {
    text: lines(
      "OPTIONS sip:user@example.com SIP/2.0",
      "To: sip:user@example.com",
      "From: sip:caller@example.net;tag=3ghsd41",
      "Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas",
      "CSeq: 39234321 OPTIONS",
      "Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i",
      "Max-Forwards: 0",
      "Content-Length: 0",
      "",
    ),
    expect: {
      message: "accepted",
      uas: [200, 483],
      why: "Endpoints will process this request as if it had any other value",
    },
  }),
  row("RFC 4475 §3.3.12", [
    "cparam01",
    "REGISTER with a Contact Header Parameter",
  ], {
    text: lines(
      "REGISTER sip:example.com SIP/2.0",
      "Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw",
      "Max-Forwards: 70",
      "From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe",
      "To: sip:watson@example.com",
      "Call-ID: cparam01.70710@saturn.example.com",
      "CSeq: 2 REGISTER",
      "Contact: sip:+19725552222@gw1.example.net;unknownparam",
      "l: 0",
      "",
    ),
    expect: {
      message: "accepted",
      why: "unknownparam must be treated as a Contact header parameter",
    },
  }),
  row("RFC 4475 §3.3.13", ["cparam02", "REGISTER with a url-parameter"], {
    text: lines(
      "REGISTER sip:example.com SIP/2.0",
      "Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw",
      "Max-Forwards: 70",
      "From: sip:watson@example.com;tag=838293",
      "To: sip:watson@example.com",
      "Call-ID: cparam02.70710@saturn.example.com",
      "CSeq: 3 REGISTER",
      "Contact: <sip:+19725552222@gw1.example.net;unknownparam>",
      "l: 0",
      "",
    ),
    expect: {
      message: "accepted",
      why: "This register request contains a contact where the URI has an " +
        "unknown parameter",
    },
  }),
  row("RFC 4475 §3.3.14", ["regescrt", "REGISTER with a URL Escaped Header"], {
    text: lines(
      "REGISTER sip:example.com SIP/2.0",
      "To: sip:user@example.com",
      "From: sip:user@example.com;tag=8",
      "Max-Forwards: 70",
      "Call-ID: regescrt.k345asrl3fdbv@192.0.2.1",
      "CSeq: 14398234 REGISTER",
      "Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw",
      "M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
      "L:0",
      "",
    ),
    expect: {
      message: "accepted",
      why: "This register request contains a contact where the URI has a URL " +
        "escaped header",
    },
  }),
  row("RFC 4475 §3.3.15", ["sdp01", "Unacceptable Accept Offering"], {
    text: lines(
      "INVITE sip:user@example.com SIP/2.0",
      "To: sip:j_user@example.com",
      "Contact: <sip:caller@host15.example.net>",
      "From: sip:caller@example.net;tag=234",
      "Max-Forwards: 5",
      "Call-ID: sdp01.ndaksdj9342dasdd",
      "Accept: text/nobodyKnowsThis",
      "CSeq: 8 INVITE",
      "Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw",
      "Content-Length: 150",
      "Content-Type: application/sdp",
      "",
    ) + sdp("192.0.2.5"),
    expect: {
      message: "accepted",
      // As with invut, the body is the far end's to judge.
      why: "the endpoint receiving this request will respond with a 406",
    },
  }),
  row("RFC 4475 §3.4.1", ["inv2543", "INVITE with RFC 2543 Syntax"], {
    text: lines(
      "INVITE sip:UserB@example.com SIP/2.0",
      "Via: SIP/2.0/UDP iftgw.example.com",
      "From: <sip:+13035551111@ift.client.example.net;user=phone>",
      "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>",
      "To: sip:+16505552222@ss1.example.net;user=phone",
      "Call-ID: inv2543.1717@ift.client.example.com",
      "CSeq: 56 INVITE",
      "Content-Type: application/sdp",
      "",
      "v=0",
      "o=mhandley 29739 7272939 IN IP4 192.0.2.5",
      "s=-",
      "c=IN IP4 192.0.2.5",
      "t=0 0",
      "m=audio 49217 RTP/AVP 0",
    ),
    expect: {
      message: "accepted",
      why: "RFC 3261 makes it legal [...] elements [...] should accept it",
    },
  }),
];
