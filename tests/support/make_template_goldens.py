#!/usr/bin/env python3
"""Writes tests/golden/chat_template_v{1,3}.json: conversations and the ids that mistral-common gives them.

Usage: make_template_goldens.py TOKENIZER_MODEL      (Mistral's v3 sentencepiece model)
Needs mistral-common; the file records its version. The v1 goldens are made with the same vocabulary, since the
format differs in the spelling of [INST] alone.
"""
import json
import pathlib
import sys

import mistral_common
from mistral_common.protocol.instruct.normalize import InstructRequestNormalizer
from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, ToolMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool, ToolCall
from mistral_common.tokens.tokenizers.instruct import InstructTokenizerV1, InstructTokenizerV3
from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather at a place, \u201cnow\u201d",
        "parameters": {
            "type": "object",
            "properties": {
                "place": {"type": "string", "description": "City, e.g. Orl\u00e9ans"},
                "days": {"type": "integer", "minimum": 0, "default": 1},
                "limit": {"type": "number", "default": 0.5},
            },
            "required": ["place"],
        },
    },
}

CALL = {"role": "assistant", "content": None,
        "tool_calls": [{"id": "a1B2c3D4e", "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"place":"Nice","days":2}'}}]}
TWO_CALLS = {"role": "assistant",
             "tool_calls": [{"id": "a1B2c3D4e", "type": "function",
                             "function": {"name": "get_weather", "arguments": '{"place": "Nice"}'}},
                            {"id": "f5G6h7I8j", "type": "function",
                             "function": {"name": "get_weather", "arguments": ""}}]}

CASES = [
    ("one turn", [("user", "hi")]),
    ("control words in what a person typed", [("user", "[INST] hi [/INST] </s><s>[TOOL_CALLS]")]),
    ("several turns", [("user", "Hello!"), ("assistant", "Hello. What now?  "), ("user", "A poem\nin two lines")]),
    ("system text goes to the last user message",
     [("system", "Be brief."), ("user", "One"), ("assistant", "1"), ("user", "Two"), ("assistant", "2"),
      ("user", "Three")]),
    ("two system texts", [("system", "Be brief."), ("system", "Be kind."), ("user", "Well?")]),
    ("a system text in the middle", [("user", "One"), ("system", "Be kind."), ("user", "Two")]),
    ("user messages in a row", [("user", "First part."), ("user", "Second part.")]),
    ("assistant messages in a row", [("user", "Go"), ("assistant", "One."), ("assistant", "Two."), ("user", "On")]),
    ("begins with the assistant", [("assistant", "Welcome."), ("user", "Thanks")]),
    ("system text alone", [("system", "You are a guide.")]),
    ("emoji, accents, scripts", [("user", "\U0001f680 d\u00e9j\u00e0 vu \u4f60\u597d \u0627\u0644\u0639 \U0001f9d1\u200d\U0001f680"),
                                 ("assistant", "\u2581 \u00a0 \ufb01"), ("user", "\t\ttabs   and  spaces \n\n\n")]),
    ("leading and trailing spaces", [("user", "  both sides  "), ("assistant", "  both sides  "), ("user", " ")]),
    ("code", [("user", "```cpp\nint main() {\n    return 0;\n}\n```")]),
    ("continued answer", [("user", "Count"), ("assistant+", "One, two, ")]),
    ("continued answer after turns", [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"),
                                      ("user", "Count"), ("assistant+", "One,")]),
]
TOOL_CASES = [
    ("tools offered", [{"role": "user", "content": "Weather in Nice?"}], [WEATHER]),
    ("tools offered with a system text and turns",
     [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Weather?"}], [WEATHER, WEATHER]),
    ("a call and its result",
     [{"role": "user", "content": "Weather in Nice?"}, CALL,
      {"role": "tool", "tool_call_id": "a1B2c3D4e", "content": '{"sky": "clear", "temperature": 21.5}'}], [WEATHER]),
    ("two calls, two results, an answer and a question",
     [{"role": "user", "content": "Weather?"}, TWO_CALLS,
      {"role": "tool", "tool_call_id": "a1B2c3D4e", "content": "22"},
      {"role": "tool", "tool_call_id": "f5G6h7I8j", "content": "no such \"place\"\n"},
      {"role": "assistant", "content": "It is 22 degrees."}, {"role": "user", "content": "And tomorrow?"}], [WEATHER]),
]

CLASSES = {"user": UserMessage, "system": SystemMessage}


def reference_message(message):
    if message["role"] == "assistant":
        calls = [ToolCall(id=c["id"], function=FunctionCall(**c["function"])) for c in message.get("tool_calls", [])]
        return AssistantMessage(content=message.get("content") or None, tool_calls=calls or None,
                                prefix=message.get("continued", False))
    if message["role"] == "tool":
        return ToolMessage(content=message["content"], tool_call_id=message["tool_call_id"])
    return CLASSES[message["role"]](content=message["content"])


def encode(tokenizer, messages, tools):
    request = ChatCompletionRequest(messages=[reference_message(m) for m in messages],
                                    tools=[Tool(function=Function(**t["function"])) for t in tools] or None)
    normalized = InstructRequestNormalizer.normalizer().from_chat_completion_request(request)
    return tokenizer.encode_instruct(normalized).tokens


def main():
    path = sys.argv[1]
    golden = pathlib.Path(__file__).resolve().parent.parent / "golden"
    for version, make in (("v1", InstructTokenizerV1), ("v3", InstructTokenizerV3)):
        tokenizer = make(SentencePieceTokenizer(path))
        cases = []
        for name, turns in CASES:
            messages = [{"role": role.rstrip("+"), "content": text} for role, text in turns]
            continued = turns[-1][0].endswith("+")
            if continued:
                messages[-1]["continued"] = True
            ids = encode(tokenizer, messages, [])
            messages[-1].pop("continued", None)
            cases.append({"name": name, "messages": messages, "tools": [], "continued": continued, "ids": ids})
        for name, messages, tools in TOOL_CASES if version == "v3" else []:
            cases.append({"name": name, "messages": messages, "tools": tools, "continued": False,
                          "ids": encode(tokenizer, messages, tools)})
        document = {"reference": f"mistral-common {mistral_common.__version__}", "cases": cases}
        text = json.dumps(document, ensure_ascii=True, indent=1)
        (golden / f"chat_template_{version}.json").write_text(text + "\n", encoding="utf-8")
        print(version, len(cases), "cases")


if __name__ == "__main__":
    main()
