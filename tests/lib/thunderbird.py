#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""thunderbird.py LIBRARIES PROFILE PORT

Makes a Thunderbird profile in the folder PROFILE with one POP3 account,
alice at 127.0.0.1, whose password is there as Thunderbird keeps it: enciphered
by its own library, which lies in LIBRARIES. At its start it fetches what there
is, and deletes it from the server.
"""

import base64
import ctypes
import json
import os
import sys
import uuid

PREFERENCES = {
    "mail.accountmanager.accounts": "account1,account2",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.accountmanager.localfoldersserver": "server2",
    "mail.account.account1.server": "server1",
    "mail.account.account1.identities": "id1",
    "mail.account.account2.server": "server2",
    "mail.identity.id1.useremail": "alice@example.net",
    "mail.identity.id1.fullName": "Alice",
    "mail.identity.id1.valid": True,
    "mail.server.server1.type": "pop3",
    "mail.server.server1.hostname": "127.0.0.1",
    "mail.server.server1.userName": "alice",
    "mail.server.server1.name": "alice",
    "mail.server.server1.socketType": 0,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.check_new_mail": True,
    "mail.server.server1.login_at_startup": True,
    "mail.server.server1.download_on_biff": True,
    "mail.server.server1.leave_on_server": False,
    "mail.server.server1.spamLevel": 0,
    "mail.server.server2.type": "none",
    "mail.server.server2.hostname": "Local Folders",
    "mail.server.server2.userName": "nobody",
    "mail.server.server2.name": "Local Folders",
    "mail.rights.version": 1,
    "mail.biff.show_alert": False,
    "mail.biff.play_sound": False,
    "mail.shell.checkDefaultClient": False,
    "mail.spam.manualMark": False,
    "mail.inappnotifications.enabled": False,
    "mailnews.start_page.enabled": False,
    "app.update.enabled": False,
    "app.donation.eoy.version.viewed": 999,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Item(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_uint),
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_uint),
    ]


class Keys:
    """The profile's key store (NSS), without a master password."""

    def __init__(self, libraries, profile):
        self.nss = ctypes.CDLL(os.path.join(libraries, "libnss3.so"))
        self.nss.PK11_GetInternalKeySlot.restype = ctypes.c_void_p
        where = ("sql:" + profile).encode()
        self.need(self.nss.NSS_Initialize(where, b"", b"", b"secmod.db", 0))
        slot = ctypes.c_void_p(self.nss.PK11_GetInternalKeySlot())
        self.need(self.nss.PK11_InitPin(slot, None, b""))
        self.nss.PK11_FreeSlot(slot)

    def need(self, result):
        if result != 0:
            sys.exit("thunderbird.py: NSS: %d" % self.nss.PORT_GetError())

    def encipher(self, text):
        key = Item(0, None, 0)
        octets = ctypes.create_string_buffer(text.encode())
        plain = Item(0, ctypes.addressof(octets), len(text))
        result = Item(0, None, 0)
        self.need(
            self.nss.PK11SDR_Encrypt(
                ctypes.byref(key),
                ctypes.byref(plain),
                ctypes.byref(result),
                None,
            )
        )
        octets = ctypes.string_at(result.data, result.length)
        return base64.b64encode(octets).decode()

    def close(self):
        self.need(self.nss.NSS_Shutdown())


def write_login(profile, keys, user, password):
    login = {
        "id": 1,
        "hostname": "mailbox://127.0.0.1",
        "httpRealm": "mailbox://127.0.0.1",
        "formSubmitURL": None,
        "usernameField": "",
        "passwordField": "",
        "encryptedUsername": keys.encipher(user),
        "encryptedPassword": keys.encipher(password),
        "guid": "{%s}" % uuid.uuid4(),
        "encType": 1,
        "timeCreated": 1600000000000,
        "timeLastUsed": 1600000000000,
        "timePasswordChanged": 1600000000000,
        "timesUsed": 1,
    }
    logins = {"nextId": 2, "logins": [login], "version": 3}
    with open(os.path.join(profile, "logins.json"), "w") as f:
        json.dump(logins, f)


def write_preferences(profile, port):
    preferences = dict(PREFERENCES)
    preferences["mail.server.server1.port"] = port
    for number, name in ((1, "account"), (2, "Local Folders")):
        prefix = "mail.server.server%d.directory" % number
        preferences[prefix] = os.path.join(profile, "Mail", name)
        preferences[prefix + "-rel"] = "[ProfD]Mail/" + name
    with open(os.path.join(profile, "user.js"), "w") as f:
        for key, value in preferences.items():
            f.write("user_pref(%s, %s);\n" % (json.dumps(key), json.dumps(value)))


def main(argv):
    libraries, profile, port = argv[1], argv[2], int(argv[3])
    os.makedirs(os.path.join(profile, "Mail", "account"))
    os.makedirs(os.path.join(profile, "Mail", "Local Folders"))
    write_preferences(profile, port)
    keys = Keys(libraries, profile)
    write_login(profile, keys, "alice", "secret")
    keys.close()


main(sys.argv)
